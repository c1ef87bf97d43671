# make demo    inspect the bundled calls and see what comes out
# make test    run the tests
# make check   format, lint, types, direction of imports
# make bench   measure recognition and judgement on a set of calls: make bench CALLS=DIR
#
# Each sets up what it needs first (scripts/setup). PYTHON=python3.12 chooses the interpreter.

CALLS ?= ../shared/calls
REAL ?= ../shared/real-speech
export PYTHON

.PHONY: demo test check bench setup clean

demo:
	@MAKE_GOAL=demo scripts/setup
	@scripts/demo

test:
	@MAKE_GOAL=test scripts/setup --model-optional
	@scripts/test

check:
	@MAKE_GOAL=check scripts/setup --model-optional
	@scripts/check

bench:
	@MAKE_GOAL=bench scripts/setup
	@.venv/bin/python scripts/bench-asr $(CALLS) $(if $(wildcard $(REAL)),--real $(REAL))
	@.venv/bin/python scripts/bench-rules $(CALLS)

setup:
	@MAKE_GOAL=setup scripts/setup

# Removes what set-up made, except the speech models (133 MB to fetch again): rm -r models/*/
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
