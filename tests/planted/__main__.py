import sys

from tests.planted import main

sys.exit(main(sys.argv[1:]))
