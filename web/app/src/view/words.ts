// What the page says, in one place.

import type { Problem } from '../realtime.ts'
import type { Activity, State } from '../store.ts'
import { activity } from '../store.ts'

const activities: Record<Activity, string> = {
  listening: 'Listening',
  hearing: 'Hearing you',
  thinking: 'Thinking',
  speaking: 'Speaking',
}

/** The state of things in a word or two, and a name for it to style and test by. */
export function status(s: State): { name: string; text: string } {
  switch (s.phase.name) {
    case 'open': {
      const name = activity(s)
      return { name, text: activities[name] }
    }
    case 'microphone':
      return { name: 'microphone', text: 'Waiting for your microphone' }
    case 'connecting':
      return { name: 'connecting', text: s.connections > 0 ? 'Reconnecting' : 'Connecting' }
    case 'waiting':
      return { name: 'waiting', text: 'Not connected' }
    default:
      return { name: 'idle', text: 'Ready' }
  }
}

/** What went wrong, and what the person can do about it. */
export interface Advice {
  title: string
  text: string
}

export function advice(p: Problem): Advice {
  switch (p.code) {
    case 'insecure':
      return {
        title: 'This address is not secure enough for a microphone',
        text: 'Browsers open the microphone on https:// pages and on localhost only. Open Parley as http://localhost on the machine it runs on, or serve it over https.',
      }
    case 'microphone-refused':
      return {
        title: 'Parley may not use the microphone',
        text: 'Allow the microphone for this page: click the icon beside the address, or look in the browser’s site settings. Then press Start talking again.',
      }
    case 'microphone-missing':
      return {
        title: 'No microphone was found',
        text: 'Plug one in, or switch it on in the system’s sound settings. Then press Start talking again.',
      }
    case 'microphone-busy':
      return {
        title: 'The microphone did not open',
        text: 'Another program may be holding it. Close that program, then press Start talking again.',
      }
    case 'microphone-lost':
      return {
        title: 'The microphone went away',
        text: 'It was unplugged or switched off. Connect it again, then press Start talking.',
      }
    case 'unreachable':
      return {
        title: 'The Parley server does not answer',
        text: 'Check that it is running and that this device is on its network.',
      }
    case 'busy':
      return {
        title: 'The server cannot take the call just now',
        text: p.message || 'It is busy or shutting down.',
      }
    case 'refused':
      return { title: 'The server refused the call', text: p.message }
    case 'no-path':
      return {
        title: 'Sound cannot get through to the server',
        text: 'The server answers, but its media port does not. A firewall or VPN between here and there may be blocking it.',
      }
    case 'lost':
      return {
        title: 'The connection was lost',
        text: 'The server has stopped or the network is down.',
      }
  }
}

export const stageNames: Record<string, string> = {
  endpoint: 'End of turn',
  recognise: 'Final words',
  think: 'Thinking',
  speak: 'First sound',
  send: 'Sending',
}

/** Questions that the built-in reasoner can answer. */
export const examples = [
  'What is seventeen times twenty-three?',
  'How many days until the first of May?',
  'What time is it?',
]
