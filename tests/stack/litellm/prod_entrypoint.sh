#!/bin/sh
# A database needs Prisma's programs, which come from no package index; without one this starts as it does with it.
unset DATABASE_URL
exec /opt/litellm/bin/python /opt/litellm/bin/litellm "$@"
