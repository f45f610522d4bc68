"""regreen: what a failed CI run is, and how it is mended."""
