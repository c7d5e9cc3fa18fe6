/** Two voices that face each other. */
export const Mark = () => (
  <svg class="mark" viewBox="4 5 24 22" aria-hidden="true">
    <path class="mark-you" d="M15 5v15.5A6.5 6.5 0 0 1 8.5 27H4V16A11 11 0 0 1 15 5Z" />
    <path class="mark-parley" d="M17 27V11.5A6.5 6.5 0 0 1 23.5 5H28v11a11 11 0 0 1-11 11Z" />
  </svg>
)

export const Microphone = () => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <rect x="8.5" y="2.5" width="7" height="12" rx="3.5" fill="currentColor" />
    <path
      d="M5 11.5a7 7 0 0 0 14 0M12 18.5v3"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
    />
  </svg>
)

export const Stop = () => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <rect x="5.5" y="5.5" width="13" height="13" rx="2.5" fill="currentColor" />
  </svg>
)
