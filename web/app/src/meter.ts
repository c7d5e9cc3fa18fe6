// How loud a stream is just now, for the eye.

/** Levels from this to this many dB below full scale fill the meter. */
const quiet = -58
const loud = -14

export class Meter {
  readonly #source: MediaStreamAudioSourceNode
  readonly #analyser: AnalyserNode
  readonly #samples: Float32Array<ArrayBuffer>

  constructor(context: AudioContext, stream: MediaStream) {
    this.#source = context.createMediaStreamSource(stream)
    this.#analyser = context.createAnalyser()
    this.#analyser.fftSize = 2048
    this.#samples = new Float32Array(this.#analyser.fftSize)
    this.#source.connect(this.#analyser)
  }

  /** The level of the last 40 ms or so, from 0 to 1. */
  level(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples)
    let sum = 0
    for (const x of this.#samples) sum += x * x
    const db = 10 * Math.log10(sum / this.#samples.length + 1e-12)
    return Math.min(1, Math.max(0, (db - quiet) / (loud - quiet)))
  }

  close(): void {
    this.#source.disconnect()
  }
}
