package piper

import (
	"context"
	"errors"
)

// How far a frame of output looks to either side, in frames. With these
// margins a piece that is computed alone is sample for sample what it is within
// the whole.
const (
	// flowMargin: four coupling layers, each a stack of four convolutions of
	// five frames: 4 × 4 × 2.
	flowMargin = 32
	// vocoderMargin: HiFi-GAN's first convolution and its residual stacks.
	vocoderMargin = 11
)

// How large the pieces are, in frames of 11.6 ms. The first is small so that
// sound comes soon; later ones grow, since margins are computed twice and there
// is sound to play meanwhile.
const (
	firstPiece = 12
	mostPiece  = 96
	// flowAhead is what the flow computes beyond what is needed at once, but
	// for the first piece.
	flowAhead = 64
)

// decode emits the plan's sound piece by piece; last says that a piece is the
// end. It looks at ctx between pieces.
func (v *voice) decode(ctx context.Context, p plan, emit func(samples []float32, last bool) error) error {
	var (
		frames = p.prior.cols
		latent = newMatrix(channels, frames)
		known  = 0 // frames of latent that are computed
	)
	size := firstPiece
	for at := 0; at < frames; {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := min(at+size, frames)
		if frames-end < firstPiece { // too short for a piece of its own
			end = frames
		}
		need := min(end+vocoderMargin, frames)
		if need > known {
			to := need
			if at > 0 {
				to = min(need+flowAhead, frames)
			}
			from, until := max(known-flowMargin, 0), min(to+flowMargin, frames)
			m, err := v.runFlow(p.prior.columns(from, until))
			if err != nil {
				return err
			}
			if m.rows != channels || m.cols != until-from {
				return errors.New("tts: the flow changed the length")
			}
			latent.put(known, m, known-from, to-from)
			known = to
		}
		from := max(at-vocoderMargin, 0)
		samples, err := v.runVocoder(latent.columns(from, need))
		if err != nil {
			return err
		}
		if err := emit(samples[(at-from)*hop:(end-from)*hop], end == frames); err != nil {
			return err
		}
		at, size = end, min(size*2, mostPiece)
	}
	return nil
}
