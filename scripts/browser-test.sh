#!/usr/bin/env bash
# Asks the real server a question through the real page: Chromium's microphone
# plays a question that one voice speaks, and the reply, in another, is read
# from the page.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
log=$work/server.log
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; rm -rf "$work"' EXIT

PARLEY_MODELS=${PARLEY_MODELS:-$PWD/models/weights}
export PARLEY_MODELS
bin/parley say --voice alan "What is twelve times seven?" -o "$work/question.wav"
bin/parley serve --listen 127.0.0.1:0 --log-format json 2>"$log" >&2 &
server=$!
for _ in $(seq 600); do
	url=$(sed -n 's/.*"msg":"ready".*"url":"\([^"]*\)".*/\1/p' "$log")
	[ -n "$url" ] && break
	kill -0 "$server" 2>/dev/null || { cat "$log"; exit 1; }
	sleep 0.1
done
[ -n "${url:-}" ] || { echo "the server did not get ready"; cat "$log"; exit 1; }

if ! PARLEY_URL=$url PARLEY_QUESTION_WAV=$work/question.wav PARLEY_ANSWER='84|eighty[- ]four' \
	npm run --prefix web --silent test:browser; then
	echo "--- the server's log"
	tail -n 60 "$log"
	exit 1
fi
