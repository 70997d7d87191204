"""A child that ends at once, with the code it is given: for the supervisor's tests."""

import sys

if __name__ == "__main__":
    sys.exit(int(sys.argv[1]))
