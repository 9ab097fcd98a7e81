#!/bin/sh
# As the published image does it: over SSE, listen everywhere unless a host is named.
name=$1
shift
case " $* " in
*--sse-host*) ;;
*--transport=sse* | *"--transport sse"*) set -- "$@" --sse-host=0.0.0.0 ;;
esac
exec /opt/postgres-mcp/bin/python "/opt/postgres-mcp/bin/$name" "$@"
