# nbsnap with what notebooks in Rust and in Python need to run: `docker run --rm -v "$PWD:/project" IMAGE test`.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --locked --release --workspace --bin nbsnap

FROM rust:1.95-slim-bookworm
# The kernel of notebooks in Python, in an environment of its own: the system's belongs to the system.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/python \
    && /opt/python/bin/pip install --no-cache-dir ipykernel==7.4.0 \
    && rustup component add rustfmt
ENV PATH=/opt/python/bin:$PATH VIRTUAL_ENV=/opt/python
COPY --from=build /source/target/release/nbsnap /usr/local/bin/
WORKDIR /project
ENTRYPOINT ["nbsnap"]
CMD ["test"]
