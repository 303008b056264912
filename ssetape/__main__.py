"""`python -m ssetape`."""

from ssetape.cli import main

if __name__ == "__main__":
    main()
