# mcpdoc in an image that has nothing else: no shell, no libraries, no certificates.
#
#     docker build -t mcpdoc .
#
# Or from a static binary that is there already, without a base image and without a registry:
#
#     tar -c Dockerfile -C target/x86_64-unknown-linux-gnu/release mcpdoc | docker build -t mcpdoc --target ready -

FROM scratch AS empty
LABEL org.opencontainers.image.title="mcpdoc" \
      org.opencontainers.image.description="The doctor for MCP chains" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# Nobody's number, and no name: there is no /etc/passwd.
USER 65532:65532
# Tells mcpdoc that no client runs beside it.
ENV MCPDOC_IMAGE=1
# Where the stack is mounted.
WORKDIR /stack
ENTRYPOINT ["/mcpdoc"]

FROM empty AS ready
COPY mcpdoc /mcpdoc

FROM rust:1.95.0-bookworm AS build
WORKDIR /src
COPY . .
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --locked --target "$target" \
 && cp "target/$target/release/mcpdoc" /mcpdoc

FROM empty
COPY --from=build /mcpdoc /mcpdoc
