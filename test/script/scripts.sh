#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs PROGRAM with all scripts of DIRECTORY: a new one needs no entry in a list.
exec "$1" "$2"/*.script
