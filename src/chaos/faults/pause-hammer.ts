// Freezes nodes again and again for a moment, as garbage collection gone wild does; each pause is too short for a new leader.
import { waitUntil } from '../../cluster/wait.ts'
import { positiveDuration } from '../../scenario/schema/common.ts'
import { endWork, goOn, rest, workOf } from '../background.ts'
import { defineFault } from '../fault.ts'
import { eachNode, mustBe, notIn } from '../node-fault.ts'

/** A turn is a pause and a gap; the second tells that it goes on. */
const PROVEN_TURNS = 2
const SLACK_MS = 5000

export const pauseHammer = defineFault({
  kind: 'pause-hammer',
  describe: 'frozen for a moment, again and again (SIGSTOP and SIGCONT, docker pause and unpause)',
  fidelity: 'true',
  differs: 'the kernel still accepts connections and acknowledges packets, as under a long pause of the JVM',
  needs: 'nodes',
  takesLeaders: false,
  options: {
    pause: positiveDuration.describe('How long each time: 500ms to 5s').prefault('1s'),
    gap: positiveDuration.describe('How long it runs between two pauses').prefault('1s'),
  },
  inject: async strike => {
    const { nodes, ports, options } = strike
    const freeze = async () => {
      await eachNode(nodes, node => ports.nodes.freeze(node))
      await mustBe(strike, 'frozen')
    }
    await freeze()
    goOn(strike, async work => {
      while (await rest(options.pause, work)) {
        await eachNode(nodes, node => ports.nodes.thaw(node))
        await mustBe(strike, 'running')
        work.turns++
        if (!(await rest(options.gap, work))) return
        await freeze()
      }
    })
  },
  prove: async strike => {
    const { pause, gap } = strike.options
    const isShown = () => workOf(strike).turns >= PROVEN_TURNS || workOf(strike).isOver
    await waitUntil(isShown, PROVEN_TURNS * (pause + gap) + SLACK_MS)
    const { turns } = workOf(strike)
    return turns >= PROVEN_TURNS ? `read back as frozen and as running in turn, ${turns} times by then` : undefined
  },
  heal: async strike => {
    await endWork(strike)
    await eachNode(strike.nodes, node => strike.ports.nodes.thaw(node))
  },
  remains: strike => notIn(strike, 'running'),
})
