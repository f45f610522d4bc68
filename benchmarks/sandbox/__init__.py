"""The sandbox beside its floor (bare `docker`) and its peers; `bench_sandbox.py` runs it all."""
