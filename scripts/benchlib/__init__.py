"""What the benchmarks share: call sets, error rates, peers, baselines and tables.

Used by `scripts/bench-asr`, `scripts/bench-rules`, `scripts/synth` and the tests; the service
itself never imports it.
"""
