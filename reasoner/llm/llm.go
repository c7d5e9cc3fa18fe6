// Package llm is the reasoner that asks a language model: any server that
// speaks the OpenAI chat completions protocol (OpenAI itself, llama.cpp, vLLM,
// Ollama and others).
//
// The answer is streamed. As its text grows, a splitter cuts it into clauses
// that can be spoken, and each becomes a finding at once, so that speaking
// starts long before the model is done. Cancelling the context closes the
// connection, which makes the server stop generating.
//
// A request is repeated only while nothing of its answer has come, and silence
// is bounded three times: until the first token, between tokens, and in all.
package llm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"parley/pipeline/stage"
)

// Splitter cuts a text that grows into clauses that can be spoken. It belongs
// to one answer.
type Splitter interface {
	// Write takes the next piece of text and returns the clauses that it
	// completes, without white space around them.
	Write(delta string) []string
	// Flush returns what is left at the end of the text.
	Flush() []string
}

// Options say which model to ask and how long to wait for it.
type Options struct {
	// BaseURL is the endpoint up to the version: "http://localhost:8000/v1".
	BaseURL string
	// APIKey is sent as a bearer token; empty sends none. It is never part of
	// an error or of a logged value.
	APIKey string
	// Model is the model's name on the server.
	Model string

	// FirstToken bounds the wait for the first token, retries included; 0
	// means 8 s. A model's hidden reasoning counts as tokens.
	FirstToken time.Duration
	// Stall bounds the wait between tokens; 0 means 5 s.
	Stall time.Duration
	// Total bounds the whole answer, the time that its listener takes
	// included; 0 means 2 min.
	Total time.Duration
	// Retries is how often a request that failed before its first token is
	// sent again; 0 means 2, a negative number never. Retry-After is honoured
	// up to MaxRetryDelay; a server that asks for more is not asked again.
	Retries int
	// MaxRetryDelay bounds the wait before a retry; 0 means 2 s.
	MaxRetryDelay time.Duration

	// MaxTokens bounds an answer; 0 means 512. A turn may lower it.
	MaxTokens int
	// Temperature of sampling; nil leaves it to the server.
	Temperature *float64

	// NewSplitter makes the splitter of an answer. It must be given.
	NewSplitter func() Splitter
	// Client sends the requests; nil means one with its own connections.
	Client *http.Client
}

// String names the endpoint without its key.
func (o Options) String() string {
	u, err := url.Parse(o.BaseURL)
	if err != nil {
		return o.Model
	}
	return o.Model + " at " + u.Host
}

// GoString is String, for %#v.
func (o Options) GoString() string { return o.String() }

func (o Options) withDefaults() Options {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&o.FirstToken, 8*time.Second)
	def(&o.Stall, 5*time.Second)
	def(&o.Total, 2*time.Minute)
	def(&o.MaxRetryDelay, 2*time.Second)
	if o.Retries == 0 {
		o.Retries = 2
	}
	if o.MaxTokens == 0 {
		o.MaxTokens = 512
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	return o
}

// validate reports every fault at once.
func (o Options) validate() error {
	var errs []error
	if u, err := url.Parse(o.BaseURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, errors.New("the base URL must look like http://host:port/v1"))
	}
	if o.Model == "" {
		errs = append(errs, errors.New("a model must be named"))
	}
	if o.NewSplitter == nil {
		errs = append(errs, errors.New("a splitter must be given"))
	}
	if o.FirstToken < 0 || o.Stall < 0 || o.Total < 0 || o.MaxRetryDelay < 0 {
		errs = append(errs, errors.New("timeouts must not be negative"))
	}
	if o.MaxTokens < 0 {
		errs = append(errs, errors.New("the limit of tokens must not be negative"))
	}
	if t := o.Temperature; t != nil && (*t < 0 || *t > 2) {
		errs = append(errs, fmt.Errorf("the temperature must lie between 0 and 2, not %g", *t))
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("llm: %w: %w", stage.ErrInvalid, errors.Join(errs...))
}

// Reasoner implements stage.Reasoner. It is safe for concurrent use.
type Reasoner struct {
	opts Options
	chat openai.ChatCompletionService
}

// New makes a reasoner. It sends nothing; its error is of class
// stage.ErrInvalid and names every fault.
func New(o Options) (*Reasoner, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	// The service rather than openai.NewClient: that one reads its
	// environment, and where a key goes must be decided in one place.
	opts := []option.RequestOption{
		option.WithBaseURL(o.BaseURL),
		option.WithHTTPClient(o.Client),
		option.WithMaxRetries(max(o.Retries, 0)),
		option.WithMaxRetryDelay(o.MaxRetryDelay),
	}
	if o.APIKey != "" {
		opts = append(opts, option.WithAPIKey(o.APIKey))
	}
	return &Reasoner{opts: o, chat: openai.NewChatCompletionService(opts...)}, nil
}

// Why an answer was given up.
var (
	errFirstToken = fmt.Errorf("no token came in time: %w", stage.ErrUnavailable)
	errStalled    = fmt.Errorf("the answer stalled: %w", stage.ErrUnavailable)
	errTotal      = fmt.Errorf("the answer took too long: %w", stage.ErrUnavailable)
	errCut        = fmt.Errorf("the answer broke off: %w", stage.ErrUnavailable)
	errEmpty      = fmt.Errorf("the answer was empty: %w", stage.ErrUnavailable)
)

// confidence of what a model says, which tells nothing of its own.
const confidence = 0.5

// Respond streams the model's answer, a finding a clause. Its errors are the
// context's if that is done, else of class stage.ErrUnavailable or
// stage.ErrOverloaded; findings emitted before an error stand.
func (r *Reasoner) Respond(ctx context.Context, t stage.Turn, emit func(stage.Finding) error) error {
	w := watch(ctx, r.opts)
	defer w.stop()
	stream := r.chat.NewStreaming(w.ctx, r.request(t))
	defer func() { _ = stream.Close() }() // closing what failed anyway
	a := answer{model: r.opts.Model, splitter: r.opts.NewSplitter(), emit: func(f stage.Finding) error {
		w.pause()
		defer w.resume()
		return emit(f)
	}}
	for stream.Next() {
		chunk := stream.Current()
		if len(chunk.Choices) == 0 || a.ended { // usage, or a keep-alive
			w.alive()
			continue
		}
		c := chunk.Choices[0]
		if c.Delta.Content != "" || c.Delta.Refusal != "" || len(c.Delta.JSON.ExtraFields) > 0 {
			w.token()
		}
		if err := a.write(c.Delta.Content + c.Delta.Refusal); err != nil {
			return err
		}
		if c.FinishReason == "" {
			continue
		}
		// The answer is complete. What may follow is read only so that the
		// connection can be used again, and cannot fail it any more.
		if err := a.end(c.FinishReason); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case a.ended:
		return nil
	case context.Cause(w.ctx) != nil:
		return fmt.Errorf("llm: %w", context.Cause(w.ctx))
	case stream.Err() != nil:
		return r.classify(stream.Err())
	}
	// Half a clause is worse than none: what the splitter holds stays unsaid.
	if a.count == 0 {
		return fmt.Errorf("llm: %w", errEmpty)
	}
	return fmt.Errorf("llm: %w", errCut)
}

// answer turns the text of a stream into findings.
type answer struct {
	model    string
	splitter Splitter
	emit     func(stage.Finding) error
	thoughts thoughts
	count    int
	ended    bool
}

func (a *answer) write(delta string) error {
	return a.send(a.splitter.Write(a.thoughts.strip(delta)))
}

func (a *answer) send(clauses []string) error {
	for _, c := range clauses {
		a.count++
		err := a.emit(stage.Finding{ID: fmt.Sprintf("llm.%d", a.count), Kind: stage.Answer, Claims: []stage.Claim{{
			Text: c, Source: a.model, Confidence: confidence, Final: true,
		}}})
		if err != nil {
			return err
		}
	}
	return nil
}

// end sends what the splitter still holds.
func (a *answer) end(reason string) error {
	a.ended = true
	last := append(a.splitter.Write(a.thoughts.rest()), a.splitter.Flush()...)
	if err := a.send(last); err != nil {
		return err
	}
	switch {
	case a.count > 0:
		return nil
	case reason == "content_filter":
		return a.emit(stage.Finding{ID: "llm.refused", Kind: stage.Apology, Claims: []stage.Claim{{
			Text: "My language model will not answer that", Source: a.model, Confidence: 1, Final: true,
		}}})
	default:
		return fmt.Errorf("llm: %w", errEmpty)
	}
}

// classify makes an error for the log out of one of the library, whose URLs
// and bodies may hold secrets.
func (r *Reasoner) classify(err error) error {
	var status *openai.Error
	var transport *url.Error
	switch {
	case errors.As(err, &status):
		class := stage.ErrUnavailable
		if status.StatusCode == http.StatusTooManyRequests {
			class = stage.ErrOverloaded
		}
		return fmt.Errorf("llm: %s answered %d %s: %s: %w", r.opts, status.StatusCode, http.StatusText(status.StatusCode), r.redact(status.Message), class)
	case errors.As(err, &transport):
		return fmt.Errorf("llm: %s: %s: %w", r.opts, r.redact(transport.Err.Error()), stage.ErrUnavailable)
	default:
		return fmt.Errorf("llm: %s: %s: %w", r.opts, r.redact(err.Error()), stage.ErrUnavailable)
	}
}

// redact shortens a foreign text and takes the key out of it.
func (r *Reasoner) redact(text string) string {
	if r.opts.APIKey != "" {
		text = strings.ReplaceAll(text, r.opts.APIKey, "[key]")
	}
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
