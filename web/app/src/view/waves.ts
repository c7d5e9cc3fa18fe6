// Draws both voices as bars that travel from left to right: the person's from
// the edge to the button in the middle, Parley's from there to the other edge.

import type { Levels } from './page.tsx'

const pitch = 7 // from bar to bar, in CSS pixels
const width = 3
const step = 45 // ms from bar to bar
const least = 3 // the height of silence

export class Waves {
  readonly #context: CanvasRenderingContext2D | null
  readonly #resize: ResizeObserver
  readonly #theme = matchMedia('(prefers-color-scheme: dark)')
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)').matches
  // The newest level comes first.
  readonly #mine: number[] = []
  readonly #theirs: number[] = []
  #peak: Levels = { mine: 0, theirs: 0 }
  #last = 0
  #frame = 0
  #colours = { mine: '', theirs: '' }

  /** Without levels it draws silence, once. close must be called in the end. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly levels?: () => Levels,
  ) {
    this.#context = canvas.getContext('2d')
    this.#resize = new ResizeObserver(() => {
      canvas.width = canvas.clientWidth * devicePixelRatio
      canvas.height = canvas.clientHeight * devicePixelRatio
      this.#draw(0)
    })
    this.#resize.observe(canvas)
    this.#theme.addEventListener('change', this.#paint)
    this.#paint()
    if (levels) this.#frame = requestAnimationFrame(this.#tick)
  }

  close(): void {
    cancelAnimationFrame(this.#frame)
    this.#resize.disconnect()
    this.#theme.removeEventListener('change', this.#paint)
  }

  readonly #paint = () => {
    const style = getComputedStyle(this.canvas)
    this.#colours = {
      mine: style.getPropertyValue('--you'),
      theirs: style.getPropertyValue('--parley'),
    }
    this.#draw(0)
  }

  readonly #tick = (now: number) => {
    this.#frame = requestAnimationFrame(this.#tick)
    const level = this.levels?.() ?? { mine: 0, theirs: 0 }
    this.#peak.mine = Math.max(this.#peak.mine, level.mine)
    this.#peak.theirs = Math.max(this.#peak.theirs, level.theirs)
    if (now - this.#last >= step) {
      // After a pause, as of a hidden tab, it goes on from now.
      this.#last = now - this.#last > 4 * step ? now : this.#last + step
      push(this.#mine, this.#peak.mine)
      push(this.#theirs, this.#peak.theirs)
      this.#peak = { mine: 0, theirs: 0 }
    }
    this.#draw(this.#still ? 0 : Math.min(1, (now - this.#last) / step))
  }

  #draw(part: number): void {
    const c = this.#context
    if (!c) return
    const { clientWidth: w, clientHeight: h } = this.canvas
    const room = Number(getComputedStyle(this.canvas).getPropertyValue('--room')) || 80
    const reach = w / 2 - room
    c.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
    c.clearRect(0, 0, w, h)
    this.#side(this.#mine, this.#colours.mine, 0, reach, h, part)
    this.#side(this.#theirs, this.#colours.theirs, w - reach, reach, h, part)
  }

  /** Draws a row of bars that starts at x and is as long as reach. */
  #side(row: number[], colour: string, x: number, reach: number, h: number, part: number): void {
    const c = this.#context
    if (!c) return
    c.fillStyle = colour
    const count = Math.floor(reach / pitch)
    for (let i = 0; i < count; i++) {
      // Who wants no motion gets one level for the whole row.
      const level = (this.#still ? row[0] : row[i]) ?? 0
      const place = (i + part) / count
      // Bars swell and fade in at the one end and out at the other.
      const swell = Math.sin(Math.PI * Math.min(1, 0.08 + 0.92 * place))
      const tall = least + (h * 0.78 - least) * level ** 1.3 * (0.25 + 0.75 * swell)
      c.globalAlpha = (level > 0.05 ? 0.9 : 0.35) * Math.min(1, 0.1 + 1.5 * swell)
      c.beginPath()
      c.roundRect(x + (i + part) * pitch, (h - tall) / 2, width, tall, width / 2)
      c.fill()
    }
    c.globalAlpha = 1
  }
}

function push(row: number[], level: number): void {
  // Falls more slowly than it rises, as an ear would have it.
  row.unshift(Math.max(level, (row[0] ?? 0) * 0.6))
  if (row.length > 200) row.pop()
}
