#!/usr/bin/env bash
# Installs from Debian what the tests need and this machine lacks; says what and why.
# Where it may not install, it says the command: the tests that need it then skip, with their reason.
# With the word "janus" it also wants the server that `make bench-forward` compares with.
set -euo pipefail

declare -A why=(
  [apertium-eng-spa]="words of callers, from Spanish and back, by the translator that needs no network"
  [chromium]="a real browser: caller, dispatcher and officer in the story test"
  [firefox-esr]="a second browser, to publish and to watch"
  [fonts-noto-core]="Arabic letters in that browser"
  [fonts-droid-fallback]="Chinese, Japanese and Korean letters in an invoice's PDF"
  [poppler-utils]="to read an invoice's PDF back"
  [gir1.2-gst-rtsp-server-1.0]="a real RTSP server, as a camera: H.264 with and without B-frames, H.265, passwords"
  [python3-gi]="Python's way to that server"
  [gstreamer1.0-plugins-base]="what that camera films, and its sound"
  [gstreamer1.0-plugins-good]="RTP payload formats for that camera"
  [gstreamer1.0-plugins-bad]="parsers of H.264 and H.265 for that camera"
  [gstreamer1.0-plugins-ugly]="that camera's H.264 encoder, x264"
  [gstreamer1.0-nice]="ICE for an encoder that is none of ours: GStreamer's webrtcbin, by WHIP"
  [gir1.2-gst-plugins-bad-1.0]="Python's way to that encoder"
  [strace]="to count what a connector's sockets move, and to fail each system call that the public log lives by"
  [ffmpeg]="to measure the connector against ffmpeg -c copy; only run by the benchmark"
  [postgresql]="the store's tests, run again on a PostgreSQL of their own"
)
if [ "${1:-}" = janus ]; then
  why[janus]="a C media server, to measure the engine against; only started by the benchmark"
fi
missing=()
for package in "${!why[@]}"; do
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then
    echo "Missing: $package (${why[$package]})"
    missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian: install ${missing[*]} by hand, or their tests skip."
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "Run 'sudo apt-get install ${missing[*]}', or their tests skip."
    exit 0
  fi
  as_root=(sudo -n)
fi
echo "Installing ${missing[*]} with apt-get"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
if [[ " ${missing[*]} " == *" janus "* ]] && [ -d /run/systemd/system ]; then
  "${as_root[@]}" systemctl disable --now janus.service  # the package starts one that answers to anyone
fi
