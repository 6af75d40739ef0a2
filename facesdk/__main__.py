"""`python -m facesdk`: the command line without its script."""

from facesdk.cli.main import main

main()
