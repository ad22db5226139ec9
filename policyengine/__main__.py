"""`python -m policyengine`"""

from policyengine.cli import main

main()
