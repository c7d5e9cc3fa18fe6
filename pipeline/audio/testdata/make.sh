#!/bin/sh
# Makes the sound files of the tests: tones of 500 Hz (left) and 1500 Hz (right),
# half of full scale, that begin at phase 0. Needs Debian's sox, flac and lame.
set -eu
cd "$(dirname "$0")"
tone() { sox -D -R -n -r "$1" -c 2 -b "$2" -e "$3" -t wav "$4" synth 0.15 sine 500 sine 1500 vol 0.5; }
mono() { sox -D -R -n -r "$1" -c 1 -b 16 "$2" synth 0.15 sine 500 vol 0.5; }
tone 16000 8 unsigned-integer u8.wav
tone 16000 16 signed-integer s16.wav
tone 16000 24 signed-integer s24.wav # sox writes these three as extensible
tone 16000 32 signed-integer s32.wav
tone 16000 32 floating-point f32.wav
tone 16000 64 floating-point f64.wav
tone 16000 16 signed-integer - | cat > piped.wav
tone 44100 16 signed-integer cd.wav
mono 16000 mono.wav
sox -D -R -n -r 8000 -c 1 -e mu-law mulaw.wav synth 0.05 sine 500 vol 0.5
flac -s -f --no-padding -8 cd.wav -o cd.flac
flac -s -f --no-padding -8 s24.wav -o s24.flac
flac -s -f --no-padding mono.wav -o mono.flac
lame --quiet -h -V 2 cd.wav cd.mp3
lame --quiet -h -V 4 --add-id3v2 --tt "Tone" --ta "Parley" mono.wav mono.mp3
lame --quiet -h -t -b 64 --resample 22.05 cd.wav bare.mp3 # no Info tag
rm cd.wav mono.wav
