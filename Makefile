# Everything lives in .venv: the locked packages (real ROS 2 among them), the built messages, and a
# link to the sources, which are used in place.
#
#   make demo  [ARGS="--video walk.mp4"]     make lint
#   make test  [ARGS="-k fusion"]            make lock     make clean
#
# PYTHON=python3.12 chooses the interpreter of a new .venv.

SHELL := bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
.PHONY: demo test lint lock clean

# A ROS install sourced in this shell must not mix with the one in .venv.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH RMW_IMPLEMENTATION

BIN := .venv/bin
PACKAGES := .venv/.packages
INSTALLED := .venv/.installed

demo: $(INSTALLED)
	@$(BIN)/ros-vision-perception demo $(ARGS)

test: lint
	@$(BIN)/python -m pytest $(ARGS)

lint: $(INSTALLED)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

# opencv-python would overwrite the files of opencv-python-headless, and does nothing more here.
lock: $(PACKAGES)
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-annotate \
	  --no-emit-package opencv-python --custom-compile-command 'make lock' \
	  requirements/dev.in -o requirements/lock.txt

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache

# ---- what the targets above need ---------------------------------------------------------------

fail = { echo 'error: $(1)' >&2; exit 1; }
quiet_pip = 2>&1 | sed -un \
  -e 's/^ *\(Downloading\|Using cached\) \([^ ]*\) \(([0-9.]* MB)\)/  \2 \3/p' \
  -e 's/^Installing collected packages.*/  installing .../p' -e '/^ *[Ee][Rr][Rr][Oo][Rr]/,$$p'

.venv/pyvenv.cfg:
	@for python in $(or $(PYTHON),python3 python3.12 python3.11 python3.10 python3.13); do \
	  if $$python -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' \
	    2>/dev/null; then break; fi; python=; \
	done; \
	test "$$python" || $(call fail,no Python 3.10 to 3.13 found; cure: apt install python3 or name one with PYTHON=); \
	$$python -c 'import ensurepip' 2>/dev/null || \
	  $(call fail,this Python cannot make virtual environments; cure: apt install python3-venv); \
	test -f "$$($$python -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" || \
	  $(call fail,the headers of this Python are missing; cure: apt install python3-dev); \
	command -v $${CXX:-c++} >/dev/null || $(call fail,no C++ compiler found; cure: apt install g++); \
	echo "Making .venv with $$($$python --version)"; \
	$$python -m venv .venv

$(PACKAGES): requirements/lock.txt .venv/pyvenv.cfg
	@echo 'Installing the locked packages'
	@$(BIN)/python -m pip install --no-deps --no-compile --progress-bar off -r $< $(quiet_pip)
	@touch $@

$(INSTALLED): $(PACKAGES) CMakeLists.txt package.xml setup.py $(wildcard msg/*.msg requirements/*.in)
	@echo 'Building the messages'
	@$(BIN)/python -m pip install --no-deps --no-build-isolation --editable . $(quiet_pip)
	@touch $@
