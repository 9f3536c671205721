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

# Make pending snapshots the new truth, after having looked at them.
accept *NAMES:
    cargo run -- accept {{NAMES}}

# Format, lints and documentation, as CI checks them.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- --deny warnings
    RUSTDOCFLAGS='--deny warnings' cargo doc --workspace --no-deps
    .ci/dependency-budget

# What CI runs.
ci:
    .ci/run
