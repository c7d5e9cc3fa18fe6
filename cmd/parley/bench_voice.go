package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"parley/cmd/parley/bench"
	"parley/cmd/parley/config"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
)

func (a *app) benchVoiceCommand() *cobra.Command {
	var o bench.VoiceOptions
	var questions, asker string
	var limit int
	var asJSON bool
	c := &cobra.Command{
		Use:   "voice",
		Short: "Ask a running server questions aloud and time the replies",
		Long: "Asks every question aloud, in one conversation and in real time, in another voice than the server's, and times\n" +
			"the silence that a person would hear: from the last sample of their speech to the first of the reply. The\n" +
			"replies are recorded, recognised and judged. Without --url it starts a server of its own, in a process of\n" +
			"its own. The stages' times are the server's, from its trace.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Questions = bench.Questions()
			if questions != "" {
				lines, err := os.ReadFile(questions)
				if err != nil {
					return err
				}
				if o.Questions, err = bench.ReadQuestions(string(lines)); err != nil {
					return err
				}
			}
			if limit > 0 && limit < len(o.Questions) {
				o.Questions = o.Questions[:limit]
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.benchVoice(c.Context(), cfg, o, asker, asJSON)
		},
	}
	c.Flags().StringVar(&o.URL, "url", "", "`URL` of a running server; empty starts one")
	c.Flags().StringVar(&o.Transport, "transport", "webrtc", "webrtc or ws")
	c.Flags().StringVar(&questions, "questions", "", "JSON lines `FILE` of {text, answer}; empty takes the built-in ones")
	c.Flags().StringVar(&asker, "asker", "alan", "the `VOICE` that asks")
	c.Flags().IntVar(&limit, "limit", 0, "ask only the first `N` questions")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	a.source.Flags(c.Flags(), "asr.", "tts.")
	return c
}

func (a *app) benchVoice(ctx context.Context, cfg config.Config, o bench.VoiceOptions, asker string, asJSON bool) (err error) {
	h := a.openHouse(cfg)
	defer h.close(&err)
	mouth, err := h.synthesizer()
	if err != nil {
		return err
	}
	ears, err := h.recognizer()
	if err != nil {
		return err
	}
	o.Say = func(ctx context.Context, words string) (audio.Recording, error) {
		var rec audio.Recording
		err := mouth.Speak(ctx, stage.Clause{Text: words}, stage.Delivery{Voice: asker}, func(p stage.Speech) error {
			rec.Format = p.Format
			rec.Samples = append(rec.Samples, p.Samples...)
			return nil
		})
		return rec, err
	}
	o.Listen = func(ctx context.Context, reply audio.Recording) (string, error) {
		speech, err := reply.To(audio.Speech)
		if err != nil {
			return "", err
		}
		t, err := ears.Transcribe(ctx, speech.Samples)
		return t.Text, err
	}
	o.Progress = a.progress("questions")
	var own *bench.Server
	if o.URL == "" {
		own, err = bench.StartServer(ctx, "--models", h.store.Dir, "--asr-model", cfg.ASR.Model, "--tts-voice", cfg.TTS.Voice)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, own.Stop()) }()
		o.URL = own.URL
	}
	r, err := bench.Voice(ctx, o)
	if err != nil {
		return err
	}
	if own != nil {
		if r.Server, err = own.Memory(); err != nil {
			return err
		}
	}
	r.Machine = bench.ThisMachine("moonshine-"+cfg.ASR.Model+" piper-"+cfg.TTS.Voice, revision())
	if asJSON {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "%d of %d right; voice to voice p50 %.0f ms, p95 %.0f ms\n", r.Right, r.N, r.VoiceToVoice.P50, r.VoiceToVoice.P95)
	for _, s := range trace.Stages {
		fmt.Fprintf(a.out, "  %-10s p50 %4.0f ms, p95 %4.0f ms\n", s, r.Stages[s].P50, r.Stages[s].P95)
	}
	for _, m := range r.Misses {
		fmt.Fprintf(a.out, "  missed: %s\n", strings.Join([]string{m.Question, "heard as", m.Heard, "answered", m.Reply, m.Error}, " · "))
	}
	return nil
}
