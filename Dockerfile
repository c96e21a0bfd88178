# The four programs in a small image, as a user without rights:
#
#   docker build -t kp .
#   docker run --rm --network host kp kp-admin topics list
#
# With programs that are built already, such as those of an unpacked archive of `cargo xtask dist`:
#
#   docker build -t kp --target of-programs -f Dockerfile FOLDER        (it has bin/kp-admin and so on)

# Debian's libc is that of both, so that what one builds runs in the other.
ARG BUILD_IMAGE=rust:1-bookworm
# It has libc, libgcc and the list of certificate authorities, and neither a shell nor packages.
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BASE_IMAGE} AS base
# kp.toml and config/ are looked for here: mount your folder.
WORKDIR /work
# A number, so that Kubernetes sees that it is not root.
USER 65532:65532
ENTRYPOINT []
CMD ["kp-admin", "--help"]

# The older builder of Docker builds all stages down to the wanted one, so this one comes first.
FROM base AS of-programs
COPY bin/ /usr/local/bin/

FROM ${BUILD_IMAGE} AS build
WORKDIR /kp
COPY . .
# TLS and logins are in: their OpenSSL is built from source, like librdkafka.
ARG FEATURES=kp-producer/tls,kp-consumer/tls,kp-admin/tls
RUN cargo build --release --locked --bins --features "$FEATURES" \
        -p kp-producer -p kp-consumer -p kp-admin -p kp-broker \
    && mkdir bin \
    && cp target/release/kp-producer target/release/kp-consumer \
          target/release/kp-admin target/release/kp-broker bin/

FROM base
COPY --from=build /kp/bin/ /usr/local/bin/
