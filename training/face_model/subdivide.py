"""One Catmull-Clark step as a sparse matrix, so that subdividing a mesh is one sparse product."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

IntArray = npt.NDArray[np.int64]


def catmull_clark(quads: IntArray, n_verts: int) -> tuple[sp.csr_matrix, IntArray]:
    """Subdivision matrix (n + F + E, n) and finer quads (4 F, 4) of a quad mesh with border.

    `quads` (F, 4) index `n_verts` control vertices. Rows: first the moved control vertices, then one point
    per face, then one per edge. Interior: Catmull and Clark 1978; on the border the cubic B-spline rule, so
    that the outline depends on the outline alone.
    """
    n_faces = len(quads)
    ends = np.stack([quads, np.roll(quads, -1, 1)], -1).reshape(-1, 2)
    edges, edge_of, uses = np.unique(np.sort(ends, 1), axis=0, return_inverse=True, return_counts=True)
    edge_of = edge_of.reshape(n_faces, 4)
    face_of_corner = np.repeat(np.arange(n_faces), 4)
    border_edge = uses == 1

    corner = sp.coo_matrix(
        (np.full(quads.size, 0.25), (face_of_corner, quads.ravel())), (n_faces, n_verts)
    ).tocsr()
    ones = np.full(edges.size, 0.5)
    middle = sp.coo_matrix(
        (ones, (np.repeat(np.arange(len(edges)), 2), edges.ravel())), (len(edges), n_verts)
    ).tocsr()
    face_sum = sp.coo_matrix(
        (np.full(quads.size, 0.25), (edge_of.ravel(), face_of_corner)), (len(edges), n_faces)
    ).tocsr()
    inner = sp.diags((~border_edge).astype(float))
    edge_points = sp.diags(border_edge.astype(float)) @ middle + inner @ (0.5 * middle + face_sum @ corner)

    valence = np.bincount(edges.ravel(), minlength=n_verts).astype(float)
    on_border = np.zeros(n_verts, bool)
    on_border[edges[border_edge].ravel()] = True
    faces_at = sp.coo_matrix(
        (np.ones(quads.size), (quads.ravel(), face_of_corner)), (n_verts, n_faces)
    ).tocsr()
    edges_at = sp.coo_matrix(
        (np.ones(edges.size), (edges.ravel(), np.repeat(np.arange(len(edges)), 2))), (n_verts, len(edges))
    ).tocsr()
    k = np.maximum(valence, 1)
    eye = sp.identity(n_verts, format="csr")
    inside = sp.diags(1 / k**2) @ (faces_at @ corner + 2 * (edges_at @ middle)) + sp.diags((k - 3) / k) @ eye
    border_pick = sp.diags(border_edge.astype(float))
    outline = 0.5 * eye + 0.25 * (edges_at @ (border_pick @ middle))
    vertex_points = (
        sp.diags((~on_border).astype(float)) @ inside + sp.diags(on_border.astype(float)) @ outline
    )

    matrix = sp.vstack([vertex_points, corner, edge_points]).tocsr()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    face_point = n_verts + np.arange(n_faces)
    edge_point = n_verts + n_faces + edge_of
    finer = np.stack(
        [np.stack([quads[:, i], edge_point[:, i], face_point, edge_point[:, i - 1]], 1) for i in range(4)], 1
    ).reshape(-1, 4)
    return matrix, finer
