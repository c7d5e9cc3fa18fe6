package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"

	"parley/asr/moonshine"
	"parley/cmd/parley/config"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

func (a *app) transcribeCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "transcribe FILE…",
		Short: "Turn recorded speech into text",
		Long:  "Recognises the speech in WAV, FLAC and MP3 files; \"-\" is standard input.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("name at least one sound file (WAV, FLAC or MP3)")
			}
			return nil
		},
		RunE: func(c *cobra.Command, files []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.transcribe(c.Context(), cfg, files, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file, with words and times")
	a.source.Flags(c.Flags(), "asr.", "limits.file_")
	a.source.Alias(c.Flags(), "model", "asr.model")
	return c
}

// transcription is what --json prints of a file. Times are seconds.
type transcription struct {
	File  string            `json:"file"`
	Text  string            `json:"text"`
	Words []transcribedWord `json:"words"`
	// Seconds is how long the recording is.
	Seconds float64 `json:"seconds"`
	// RealTimeFactor is the time that reading and recognising it took, in
	// relation to its length.
	RealTimeFactor float64 `json:"real_time_factor"`
}

type transcribedWord struct {
	Text       string  `json:"text"`
	Start      float64 `json:"start"`
	End        float64 `json:"end"`
	Confidence float64 `json:"confidence"`
}

func (a *app) transcribe(ctx context.Context, cfg config.Config, files []string, asJSON bool) (err error) {
	h := a.openHouse(cfg)
	defer h.close(&err)
	ears, err := h.recognizer()
	if err != nil {
		return err
	}
	failed := 0
	for _, file := range files {
		t, err := a.transcribeFile(ctx, cfg, ears, file)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			failed++
			fmt.Fprintf(a.err, "parley: %v\n", err)
			continue
		}
		if err := a.printTranscription(t, asJSON, len(files) > 1); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d files could not be transcribed", failed, len(files))
	}
	return nil
}

func (a *app) transcribeFile(ctx context.Context, cfg config.Config, ears *moonshine.Recognizer, file string) (transcription, error) {
	began := time.Now()
	rec, err := a.readSound(cfg, file)
	if err != nil {
		return transcription{}, err
	}
	speech, err := rec.To(audio.Speech)
	if err != nil {
		return transcription{}, fmt.Errorf("%s: %w", file, err)
	}
	heard, err := ears.Transcribe(ctx, speech.Samples)
	if err != nil {
		return transcription{}, fmt.Errorf("%s: %w", file, err)
	}
	return newTranscription(file, heard, rec.Duration(), time.Since(began)), nil
}

func newTranscription(file string, heard stage.Transcript, length, took time.Duration) transcription {
	t := transcription{File: file, Text: heard.Text, Words: []transcribedWord{}, Seconds: length.Seconds()}
	for _, w := range heard.Words {
		t.Words = append(t.Words, transcribedWord{
			w.Text, w.Start.Round(time.Millisecond).Seconds(), w.End.Round(time.Millisecond).Seconds(), math.Round(w.Confidence*1e4) / 1e4,
		})
	}
	if length > 0 {
		t.RealTimeFactor = took.Seconds() / length.Seconds()
	}
	return t
}

func (a *app) readSound(cfg config.Config, file string) (audio.Recording, error) {
	in := a.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return audio.Recording{}, err
		}
		defer f.Close()
		in = f
	}
	rec, err := audio.Decode(in, audio.Limits{Bytes: int64(cfg.Limits.FileBytes), Duration: cfg.Limits.FileDuration})
	if err != nil {
		return rec, fmt.Errorf("%s: %w", file, err)
	}
	return rec, nil
}

func (a *app) printTranscription(t transcription, asJSON, named bool) error {
	switch {
	case asJSON:
		return json.NewEncoder(a.out).Encode(t)
	case named:
		_, err := fmt.Fprintf(a.out, "%s: %s\n", t.File, t.Text)
		return err
	default:
		_, err := fmt.Fprintln(a.out, t.Text)
		return err
	}
}
