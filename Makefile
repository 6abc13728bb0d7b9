# make run         show lossland: opens the window, or films a demo where there is no display
# make test        check everything headless: ruff, pyright, pytest in two processes
# make test-torch  compare optimizers and networks with PyTorch's, and slice PyTorch's own models
# make test-cluster  run tiles on a Dask cluster of processes, and let cocopp read what the benchmark exports
# make test-kernels  compile every CUDA kernel for every architecture, and look for what we use in the real CuPy and CUDA
# make test-report open the benchmark's report in a headless Chromium, and meshes in PyVista and trimesh
# make test-endurance  open every scene 50 times, draw 10,000 frames, and see that nothing is left behind; run benchmarks dry
# make test-drive  drag every handle of every scene with a real mouse in a real window, on a display in memory
# make test-layout look at what is written over every picture of every scene: nothing cut, covered, small or pale
# make test-fuzz   random formulas, numbers, sessions, signals and streams, and every setting of GL, for minutes
# make gpu-day     check and measure everything on a machine with an NVIDIA card (docs/gpu.md); without one, a dry run
# make lint        ruff and pyright alone
# make pictures    draw the pictures of the README and the gallery again
# make bench-compute  measure swarms and grids beside NumPy, JAX, PyTorch, Numba and C
# make bench-render  measure pictures and films beside moderngl, VisPy, PyVista, pygfx, matplotlib and manim
# make bench-slices  measure slices of networks beside PyTorch, in the ways of Li et al. and of Landscaper
# make bench-projector  measure t-SNE beside scikit-learn and openTSNE
# make bench-scenes  measure how fast every scene comes up, moves and is filmed; beside another checkout, too
# make clean       remove everything that make made
#
# Everything is installed into .venv (and .venv-torch, .venv-cluster, .venv-report, .venv-kernels, .venv-bench); stamp
# files keep later runs fast.

PYTHON ?= python3
VENV := .venv
TORCH_VENV := .venv-torch
REPORT_VENV := .venv-report
TORCH := torch==2.13.0
TORCH_PEERS := pytorch_optimizer==4.1.0 optax==0.2.8 keras==3.15.1 lightning==2.6.6 tokenizers==0.23.3 tensorboard==2.20.0 \
    scikit-learn==1.9.1 openTSNE==1.0.4 umap-learn==0.5.12
MESH_READERS := pyvista==0.49.1 trimesh==5.2.0
CLUSTER_VENV := .venv-cluster
COCOPP := cocopp==2.9.1 six
BENCH_VENV := .venv-bench
COMPUTE_PEERS := jax jaxlib $(TORCH) numba
PROJECTOR_PEERS := scikit-learn==1.9.1 openTSNE==1.0.4
RENDER_PEERS := moderngl pyvista imageio imageio-ffmpeg pygfx wgpu matplotlib manim manimgl 'setuptools<81'
KERNELS_VENV := .venv-kernels
CUPY := cupy-cuda13x==14.2.0 cuda-bindings==13.5.0
PIP := -m pip install --quiet --disable-pip-version-check

# What pip cannot install, by Debian's names: GL and EGL of Mesa, and what a window needs.
GL_PACKAGES := libegl1 libgl1 libglx-mesa0 libgl1-mesa-dri libfontconfig1 \
    libx11-6 libxext6 libxrandr2 libxinerama1 libxcursor1 libxi6 libxkbcommon0
TEST_PACKAGES := $(GL_PACKAGES) xvfb xauth xdotool g++
COMPUTE_PACKAGES := gcc libc6-dev
RENDER_PACKAGES := $(GL_PACKAGES) mesa-vulkan-drivers gcc libc6-dev pkg-config libcairo2-dev libpango1.0-dev \
    ffmpeg xvfb xauth

HEADLESS := env -u DISPLAY -u WAYLAND_DISPLAY
MEASURED := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE
DEMO := out/demo.mp4

GPU_PYTHON ?= $(if $(wildcard $(VENV)/bin/python),$(VENV)/bin/python,$(PYTHON))
GPU_DAY := $(if $(WHEELS),--wheels "$(WHEELS)") $(if $(PACKAGES),--packages "$(PACKAGES)") \
    $(if $(PICTURES),--pictures "$(PICTURES)") $(if $(OUT),--out "$(OUT)")

.PHONY: gpu-day run test test-torch test-cluster test-report test-kernels test-endurance test-drive test-layout \
    test-fuzz lint pictures \
    bench-compute bench-render bench-slices bench-projector bench-scenes clean

run: $(VENV)/.installed $(VENV)/.graphics
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	    $(VENV)/bin/lossland explore; \
	else \
	    echo "There is no display: filming the demo instead."; \
	    $(VENV)/bin/lossland record demo -o $(DEMO) --size 1280x720 --fps 30; \
	fi

# Files go to the two processes in the order of the folders: tests/app, which takes longest, comes first.
test: lint $(VENV)/.test-graphics
	$(HEADLESS) $(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-torch: $(TORCH_VENV)/.installed $(VENV)/.test-graphics
	$(HEADLESS) $(TORCH_VENV)/bin/python -m pytest -n 2 --dist load -m torch tests/peers tests/house/test_docs.py

test-cluster: $(CLUSTER_VENV)/.installed $(VENV)/.test-graphics
	$(HEADLESS) $(CLUSTER_VENV)/bin/python -m pytest -m cluster tests/cluster tests/house/test_docs.py

test-report: $(REPORT_VENV)/.installed
	$(HEADLESS) $(REPORT_VENV)/bin/python -m pytest -m report tests/report

test-kernels: $(KERNELS_VENV)/.installed
	$(KERNELS_VENV)/bin/python -m pytest -n 2 --dist load -m kernels tests/compute/test_kernels_cuda.py tests/render/test_sharing.py

test-endurance: $(VENV)/.test-graphics
	$(HEADLESS) $(VENV)/bin/python -m pytest -m endurance

# Nothing is installed for it: the machine has no network, and brings its own Python.
gpu-day:
	$(GPU_PYTHON) tools/gpu_day.py $(GPU_DAY)

test-drive: $(VENV)/.test-graphics
	$(HEADLESS) $(VENV)/bin/python -m pytest -n 2 --dist load -m drive tests/app/test_drive.py

test-layout: $(VENV)/.test-graphics
	$(HEADLESS) $(VENV)/bin/python -m pytest -n 2 --dist load -m layout tests/writing tests/ui

test-fuzz: $(VENV)/.test-graphics
	$(HEADLESS) $(VENV)/bin/python -m pytest -n 2 --dist load -m fuzz tests/fuzz tests/render/test_foreign_gl.py

lint: $(VENV)/.test-installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/pyright

pictures: $(VENV)/.installed $(VENV)/.graphics
	$(HEADLESS) $(VENV)/bin/python tools/pictures.py
	$(HEADLESS) $(VENV)/bin/python tools/gallery.py

bench-compute: $(BENCH_VENV)/.compute-installed
	$(MEASURED) $(BENCH_VENV)/bin/python benchmarks/compute.py $(BENCH)

bench-render: $(BENCH_VENV)/.render-installed
	$(MEASURED) $(HEADLESS) $(BENCH_VENV)/bin/python benchmarks/render.py $(BENCH)

bench-slices: $(TORCH_VENV)/.installed
	$(MEASURED) $(TORCH_VENV)/bin/python benchmarks/slices.py $(BENCH)

bench-projector: $(BENCH_VENV)/.projector-installed
	$(MEASURED) $(BENCH_VENV)/bin/python benchmarks/projector.py $(BENCH)

bench-scenes: $(VENV)/.test-graphics
	$(MEASURED) $(VENV)/bin/python benchmarks/scenes.py $(BENCH)

clean:
	rm -rf $(VENV) $(TORCH_VENV) $(CLUSTER_VENV) $(REPORT_VENV) $(KERNELS_VENV) $(BENCH_VENV) out build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------------ installation

%/bin/python:
	@command -v $(PYTHON) >/dev/null || tools/system.sh python3 python3-venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "lossland needs Python 3.11 or newer; name one with make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || tools/system.sh python3-venv
	$(PYTHON) -m venv $*

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing lossland into $(VENV) ..."
	@$(VENV)/bin/python $(PIP) --editable .
	@touch $@

$(VENV)/.test-installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing lossland and its test tools into $(VENV) ..."
	@$(VENV)/bin/python $(PIP) --editable '.[test]'
	@touch $(VENV)/.installed $@

$(TORCH_VENV)/.installed: pyproject.toml Makefile | $(TORCH_VENV)/bin/python
	@echo "Installing lossland, PyTorch and its peers into $(TORCH_VENV) ..."
	@$(TORCH_VENV)/bin/python $(PIP) --editable '.[test,torch]' '$(TORCH)' $(TORCH_PEERS)
	@touch $@

$(CLUSTER_VENV)/.installed: pyproject.toml Makefile | $(CLUSTER_VENV)/bin/python
	@echo "Installing lossland, Dask and cocopp into $(CLUSTER_VENV) ..."
	@$(CLUSTER_VENV)/bin/python $(PIP) --editable '.[test,cluster]' $(COCOPP)
	@touch $@

$(REPORT_VENV)/.installed: pyproject.toml Makefile | $(REPORT_VENV)/bin/python
	@echo "Installing lossland, Plotly, what drives a browser and what reads meshes into $(REPORT_VENV) ..."
	@$(REPORT_VENV)/bin/python $(PIP) --editable '.[test,report]' playwright $(MESH_READERS)
	@command -v chromium >/dev/null || tools/system.sh chromium
	@touch $@

$(KERNELS_VENV)/.installed: pyproject.toml Makefile | $(KERNELS_VENV)/bin/python
	@echo "Installing lossland, CuPy and CUDA's bindings into $(KERNELS_VENV) ..."
	@$(KERNELS_VENV)/bin/python $(PIP) --editable '.[test]' $(CUPY)
	@touch $@

# A machine that can draw needs nothing, whatever its packages are called.
$(VENV)/.graphics: | $(VENV)/.installed
	@$(VENV)/bin/python -m lossland.doctor 2>/dev/null || tools/system.sh $(GL_PACKAGES)
	@$(VENV)/bin/python -m lossland.doctor
	@touch $@

$(VENV)/.test-graphics: | $(VENV)/.test-installed
	@{ $(VENV)/bin/python -m lossland.doctor && command -v Xvfb && command -v xdotool && command -v g++; } >/dev/null 2>&1 || \
	    tools/system.sh $(TEST_PACKAGES)
	@$(VENV)/bin/python -m lossland.doctor
	@touch $(VENV)/.graphics $@

# Peers are installed one by one: one that does not install here is named and left out.
$(BENCH_VENV)/.compute-installed: pyproject.toml Makefile | $(BENCH_VENV)/bin/python
	@tools/system.sh $(COMPUTE_PACKAGES) || true
	$(call install-peers,$(COMPUTE_PEERS))

$(BENCH_VENV)/.projector-installed: pyproject.toml Makefile | $(BENCH_VENV)/bin/python
	$(call install-peers,$(PROJECTOR_PEERS))

$(BENCH_VENV)/.render-installed: pyproject.toml Makefile | $(BENCH_VENV)/bin/python
	@tools/system.sh $(RENDER_PACKAGES) || true
	$(call install-peers,$(RENDER_PEERS))

define install-peers
@echo "Installing lossland and its peers into $(BENCH_VENV) ..."
@$(BENCH_VENV)/bin/python $(PIP) --editable .
@for peer in $(1); do \
    $(BENCH_VENV)/bin/python $(PIP) "$$peer" || echo "$$peer does not install here: it is left out" >&2; \
done
@touch $@
endef
