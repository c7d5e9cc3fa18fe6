package models

import (
	"fmt"
	"runtime"
)

// Name is the path of a file inside the store, with slashes.
type Name string

// The files of the store that others ask for by name.
const (
	// RuntimeLibrary is the ONNX Runtime shared library.
	RuntimeLibrary Name = "onnxruntime/libonnxruntime.so"
	// SileroVAD tells speech from everything else.
	SileroVAD Name = "silero/silero_vad_v6.onnx"
	// MoonshineTokens are the token pieces of both Moonshine sizes: 32,000
	// lines of UTF-8, the line number being the token's number.
	MoonshineTokens Name = "moonshine/tokens.txt"
)

// MoonshineEncoder names the encoder graph of a size, "tiny" or "base".
func MoonshineEncoder(size string) Name { return Name("moonshine/" + size + "/encoder.onnx") }

// MoonshineDecoder names the decoder graph of a size, "tiny" or "base".
func MoonshineDecoder(size string) Name { return Name("moonshine/" + size + "/decoder.onnx") }

// PiperVoice names the graph of a voice, "jenny" or "alan".
func PiperVoice(voice string) Name { return Name("piper/" + voice + "/voice.onnx") }

// PiperConfig names the settings (phonemes, rate) that belong to a voice.
func PiperConfig(voice string) Name { return Name("piper/" + voice + "/voice.json") }

// Registry says which client fetches a package.
type Registry string

// The registries. Both pin what they fetch: npm by models/package-lock.json,
// Go by go.sum.
const (
	NPM Registry = "npm"
	Go  Registry = "go"
)

// File is one file of the store.
type File struct {
	// Name is its path in the store.
	Name Name
	// What it is, in a few words.
	What string
	// Size in bytes, and SHA256 in hexadecimal.
	Size   int64
	SHA256 string
	// Registry, Package and Version name the pinned package that it is from,
	// Path its place inside, and Member its place inside Path if that is an
	// archive.
	Registry Registry
	Package  string
	Version  string
	Path     string
	Member   string
	// Licence by its SPDX name, or where it is to be found.
	Licence string

	// extract makes the file out of Path; nil copies it.
	extract extractor
}

// Origin names the package that the file is from.
func (f File) Origin() string { return fmt.Sprintf("%s %s@%s", f.Registry, f.Package, f.Version) }

// Manifest lists everything that the store holds on this platform.
var Manifest = manifest(runtime.GOOS, runtime.GOARCH)

func manifest(goos, goarch string) []File {
	files := []File{
		{
			Name: SileroVAD, What: "Silero VAD v6", Licence: "MIT",
			Size: 2327524, SHA256: "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
			Registry: NPM, Package: "@ricky0123/vad-web", Version: "0.0.31", Path: "dist/silero_vad_v6.onnx",
		},
		moonshine("base", "encoder", 20513063, "1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751"),
		moonshine("base", "decoder", 42498870, "cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3"),
		moonshine("tiny", "encoder", 7937661, "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a"),
		moonshine("tiny", "decoder", 20243286, "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367"),
		{
			Name: MoonshineTokens, What: "Moonshine token pieces", Licence: "MIT",
			Size: 242918, SHA256: "0f97b4337921e6e7e9b4620fc73338ee570aecd3c16038bc23870a887e995045",
			Registry: NPM, Package: "llama-tokenizer-js", Version: "1.2.2", Path: "llama-tokenizer.js",
			extract: vocabulary,
		},
		piper("jenny", "voice.onnx", jenny, 63201294, "469c630d209e139dd392a66bf4abde4ab86390a0269c1e47b4e5d7ce81526b01"),
		piper("jenny", "voice.json", jenny, 4895, "a9a7a93a317c9a3cb6563e37eb057df9ef09c06188a8a4341b0fcb58cba54dd4"),
		piper("alan", "voice.onnx", alan, 63201294, "0a309668932205e762801f1efc2736cd4b0120329622adf62be09e56339d3330"),
		piper("alan", "voice.json", alan, 4888, "c0f0d124e5895c00e7c03b35dcc8287f319a6998a365b182deb5c8e752ee8c1e"),
	}
	if lib, ok := runtimeLibraries[goos+"/"+goarch]; ok {
		lib.Name, lib.What, lib.Licence = RuntimeLibrary, "ONNX Runtime 1.28.2", "MIT"
		lib.Registry, lib.Version, lib.Path = NPM, "1.13.8", "libonnxruntime.so"
		files = append([]File{lib}, files...)
	}
	return files
}

// The packages of sherpa-onnx carry an ONNX Runtime for one platform each,
// which is a quarter of the download that ONNX Runtime's own npm package is.
var runtimeLibraries = map[string]File{
	"linux/amd64": {Package: "sherpa-onnx-linux-x64", Size: 27026609, SHA256: "4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e"},
	"linux/arm64": {Package: "sherpa-onnx-linux-arm64", Size: 34606912, SHA256: "cfc800d4438f15e8d9017521326776ca7117d8783cb847ccccc2fc61ac4d540f"},
}

// The versions of the voices; go.mod names the same ones.
const (
	jenny = "v0.0.0-20231030195502-2afb5ebf3c45"
	alan  = "v0.0.0-20231030195550-66f4709c979b"
)

func moonshine(size, part string, bytes int64, sum string) File {
	path := map[string]string{"encoder": "encoder_model.onnx", "decoder": "decoder_model_merged.onnx"}[part]
	return File{
		Name: Name("moonshine/" + size + "/" + part + ".onnx"), What: "Moonshine " + size + " " + part + ", int8", Licence: "MIT",
		Size: bytes, SHA256: sum,
		Registry: NPM, Package: "@usefulsensors/moonshine-js", Version: "0.1.10", Path: "dist/model/" + size + "/quantized/" + path,
	}
}

func piper(voice, member, version string, bytes int64, sum string) File {
	what := map[string]string{"voice.onnx": "Piper voice ", "voice.json": "settings of Piper voice "}[member]
	return File{
		Name: Name("piper/" + voice + "/" + member), What: what + voice, Licence: "see MODEL_CARD.txt of the package",
		Size: bytes, SHA256: sum,
		Registry: Go, Package: "github.com/amitybell/piper-voice-" + voice, Version: version, Path: "dist.tar.zst", Member: member,
		extract: archived,
	}
}

func lookup(n Name) (File, error) {
	for _, f := range Manifest {
		if f.Name == n {
			return f, nil
		}
	}
	return File{}, fmt.Errorf("models: %q is not in the manifest for %s/%s", n, runtime.GOOS, runtime.GOARCH)
}
