#!/usr/bin/env bash
# What the gate needs beside Node, Python, Java and Maven: a Docker daemon and a registry, for the tests that build, push and run
# images for real, an emulated AWS, and compilers to prove that the first image's server is what its source says.
set -euo pipefail

# By their programs: a machine may have Docker from elsewhere, and Debian's package would fight with it.
declare -A packages=([dockerd]=docker.io [docker-registry]=docker-registry [gcc]=gcc [aarch64-linux-gnu-gcc]=gcc-aarch64-linux-gnu)
missing=()
for program in "${!packages[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$program" > /dev/null || missing+=("${packages[$program]}")
done
# An emulated AWS, which handlers are tested against.
command -v moto_server > /dev/null || PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet --user 'moto[server]==5.2.1'

[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then sudo=(); else sudo=(sudo); fi
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq "${missing[@]}"
