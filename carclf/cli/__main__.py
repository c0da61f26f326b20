"""`python -m carclf.cli`, where the script `carclf` is not on the path."""

from carclf.cli import main

main()
