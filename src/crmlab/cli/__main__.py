"""Run the command line as `python -m crmlab.cli`."""

from crmlab.cli import main

main()
