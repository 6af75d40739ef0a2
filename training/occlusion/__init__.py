"""Occlusion mask: synthetic occluders with exact masks, and the training of N_mask (paper 2, section 3.1)."""
