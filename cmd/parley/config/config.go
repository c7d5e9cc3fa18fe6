// Package config is everything about Parley that can be set, and the one way in
// which it is: flags over environment variables over a YAML file over defaults.
//
// The [Config] struct is the only list of settings. Its tags give each one its
// key in YAML ("asr.model"), and from that follow its flag ("--asr-model") and
// its environment variable ("PARLEY_ASR_MODEL"), so the three cannot drift
// apart. Whatever is wrong, in whichever place, is reported together as
// [Faults].
package config

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config is what a Parley process runs on. Each field's tags say how it is
// written (yaml), what it means (doc), and which values it takes (oneof, range).
type Config struct {
	Listen  string        `yaml:"listen" doc:"address (HOST:PORT) of the page and the API"`
	Models  string        `yaml:"models" doc:"directory with the weights"`
	Origins []string      `yaml:"origins" doc:"web origins whose pages may connect, beside the server's own; \"*\" is all"`
	Drain   time.Duration `yaml:"drain" range:"0s..10m" doc:"how long a clause that is being spoken may take to end when the server is stopped"`

	Log      Log      `yaml:"log"`
	Limits   Limits   `yaml:"limits"`
	Auth     Auth     `yaml:"auth"`
	WebRTC   WebRTC   `yaml:"webrtc"`
	Turn     Turn     `yaml:"turn"`
	ASR      ASR      `yaml:"asr"`
	Reasoner Reasoner `yaml:"reasoner"`
	LLM      LLM      `yaml:"llm"`
	TTS      TTS      `yaml:"tts"`
}

// Log says what is told on standard error, and how.
type Log struct {
	Level  string `yaml:"level" oneof:"debug info warn error" doc:"least level that is logged"`
	Format string `yaml:"format" oneof:"auto console json" doc:"form of the log; auto is console on a terminal and JSON elsewhere"`
}

// Limits bound what clients and files may take.
type Limits struct {
	Sessions     int           `yaml:"sessions" range:"1..10000" doc:"conversations that may be open at once"`
	Connections  int           `yaml:"connections" range:"1..100000" doc:"connections that each door takes at once"`
	QueueBytes   int           `yaml:"queue_bytes" range:"65536..1073741824" doc:"bytes that may wait for one slow client before it is dropped"`
	FileBytes    int           `yaml:"file_bytes" range:"1..1099511627776" doc:"size of a sound file to transcribe"`
	FileDuration time.Duration `yaml:"file_duration" range:"1s..24h" doc:"length of a sound file to transcribe"`
}

// Auth says who may connect.
type Auth struct {
	Keys []string `yaml:"keys" doc:"API keys that clients may show; none lets everybody in. Better not given as a flag, which others on the machine can see"`
}

// WebRTC says where media arrive.
type WebRTC struct {
	UDP       string   `yaml:"udp" doc:"address (HOST:PORT) for the media of all conversations; an empty host is every interface"`
	TCP       string   `yaml:"tcp" doc:"address for media of clients whose network lets no UDP through; \"none\" takes no TCP"`
	PublicIPs []string `yaml:"public_ips" doc:"addresses under which clients reach this machine, where they are not its own (NAT)"`
	Loopback  bool     `yaml:"loopback" doc:"whether to offer 127.0.0.1, too"`
}

// Turn says when the person's turn begins and ends, unless the client does.
type Turn struct {
	Silence   time.Duration `yaml:"silence" range:"0s..30s" doc:"silence that ends the person's turn"`
	Threshold float64       `yaml:"threshold" range:"0..1" doc:"chance of speech above which sound is speech"`
	Prefix    time.Duration `yaml:"prefix" range:"0s..5s" doc:"sound before the speech that belongs to it"`
	Interrupt bool          `yaml:"interrupt" doc:"whether speaking stops the reply that plays"`
}

// ASR is about recognition.
type ASR struct {
	Model   string `yaml:"model" oneof:"tiny base" doc:"size of Moonshine, the recogniser"`
	Threads int    `yaml:"threads" range:"1..64" doc:"threads of one recognition"`
}

// Reasoner is about who thinks.
type Reasoner struct {
	Kind string `yaml:"kind" oneof:"builtin llm" doc:"who thinks of the answers: Parley itself, or the endpoint under llm"`
}

// LLM is an endpoint that speaks OpenAI's chat completions.
type LLM struct {
	BaseURL   string        `yaml:"base_url" doc:"endpoint of the OpenAI kind, such as http://localhost:11434/v1"`
	APIKey    string        `yaml:"api_key" doc:"its key, if it wants one. Better not given as a flag, which others on the machine can see"`
	Model     string        `yaml:"model" doc:"name of the model there"`
	First     time.Duration `yaml:"first_token_timeout" range:"10ms..10m" doc:"how long to wait for the first word of an answer, retries included"`
	Stall     time.Duration `yaml:"stall_timeout" range:"10ms..10m" doc:"how long to wait for the next word"`
	Total     time.Duration `yaml:"timeout" range:"10ms..1h" doc:"how long a whole answer may take"`
	Retries   int           `yaml:"retries" range:"0..10" doc:"how often to ask again when nothing has come of an answer"`
	MaxTokens int           `yaml:"max_tokens" range:"1..1048576" doc:"length of an answer"`
}

// TTS is about the voice.
type TTS struct {
	Voice   string  `yaml:"voice" oneof:"jenny alan" doc:"voice that speaks"`
	Speed   float64 `yaml:"speed" range:"0.25..1.5" doc:"pace relative to the voice's own"`
	Threads int     `yaml:"threads" range:"1..64" doc:"threads of one synthesis"`
}

// Default is the configuration of which nothing was set.
func Default() Config {
	return Config{
		Listen: "127.0.0.1:8080",
		Models: "models/weights",
		Drain:  10 * time.Second,
		Log:    Log{Level: "info", Format: "auto"},
		Limits: Limits{
			Sessions: 16, Connections: 100, QueueBytes: 8 << 20,
			FileBytes: 1 << 30, FileDuration: 2 * time.Hour,
		},
		WebRTC:   WebRTC{UDP: ":0", TCP: ":0"},
		Turn:     Turn{Silence: 500 * time.Millisecond, Threshold: 0.5, Prefix: 300 * time.Millisecond, Interrupt: true},
		ASR:      ASR{Model: "base", Threads: 1},
		Reasoner: Reasoner{Kind: "builtin"},
		LLM:      LLM{First: 8 * time.Second, Stall: 5 * time.Second, Total: 2 * time.Minute, Retries: 2, MaxTokens: 512},
		TTS:      TTS{Voice: "jenny", Speed: 1, Threads: 1},
	}
}

// check finds what the tags cannot say. It tells by path.
func (c Config) check(fault func(path, format string, args ...any)) {
	address := func(path, addr string) {
		if host, port, err := net.SplitHostPort(addr); err != nil || !isPort(port) {
			fault(path, "%q is no address; write HOST:PORT, such as 127.0.0.1:8080", addr)
		} else if strings.ContainsAny(host, " /") {
			fault(path, "%q has no such host", addr)
		}
	}
	address("listen", c.Listen)
	address("webrtc.udp", c.WebRTC.UDP)
	if c.WebRTC.TCP != "none" {
		address("webrtc.tcp", c.WebRTC.TCP)
	}
	for _, ip := range c.WebRTC.PublicIPs {
		if _, err := netip.ParseAddr(ip); err != nil {
			fault("webrtc.public_ips", "%q is no IP address", ip)
		}
	}
	if c.Models == "" {
		fault("models", "it must not be empty")
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); o != "*" && (err != nil || u.Scheme == "" || u.Host == "" || o != u.Scheme+"://"+u.Host) {
			fault("origins", "%q is no origin; write it as https://app.example.com", o)
		}
	}
	for _, k := range c.Auth.Keys {
		if len(k) < 8 || strings.ContainsAny(k, " \t\r\n,") {
			fault("auth.keys", "a key must have at least 8 characters and no blanks or commas")
			break
		}
	}
	c.LLM.check(c.Reasoner.Kind == "llm", fault)
}

func (l LLM) check(used bool, fault func(path, format string, args ...any)) {
	if l.BaseURL != "" {
		if u, err := url.Parse(l.BaseURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			fault("llm.base_url", "%q is no address; write it as http://localhost:11434/v1", l.BaseURL)
		}
	}
	if used && l.BaseURL == "" {
		fault("llm.base_url", "it is needed when reasoner.kind is llm")
	}
	if used && l.Model == "" {
		fault("llm.model", "it is needed when reasoner.kind is llm")
	}
	if l.First > l.Total {
		fault("llm.first_token_timeout", "%v is longer than llm.timeout, %v", l.First, l.Total)
	}
}

func isPort(s string) bool {
	var n int
	for _, c := range s {
		if c < '0' || c > '9' || n > 65535 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return s != "" && n <= 65535
}
