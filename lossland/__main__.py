"""Makes ``python -m lossland`` the same as the command ``lossland``."""

import sys

from lossland.cli import main

sys.exit(main())
