// Ends worker processes at once; consumers come back at the end as the same members, producers stay away.
import { defineFault, type Strike } from '../fault.ts'
import { eachWorker, workersNotIn, workersOf } from '../workers.ts'

const consumers = new WeakMap<Strike<unknown>, string[]>()

export const workerKill = defineFault({
  kind: 'worker-kill',
  describe: 'SIGKILL of producers or consumers of the run; consumers are started again at the end',
  fidelity: 'true',
  differs:
    'a producer is not started again: its sequence in envelopes would begin anew, so its share of the load is left out',
  needs: 'workers',
  takesLeaders: false,
  options: {},
  inject: async strike => {
    const powers = workersOf(strike)
    const back = powers.list().filter(view => view.role === 'consumer' && strike.workers?.includes(view.worker))
    consumers.set(
      strike,
      back.map(view => view.worker),
    )
    await eachWorker(strike, worker => powers.kill(worker))
  },
  prove: async strike =>
    (await workersNotIn(strike, 'gone')) === undefined ? `${strike.workers?.join(', ')} ended by SIGKILL` : undefined,
  heal: strike => eachWorker(returning(strike), worker => workersOf(strike).start(worker)),
  remains: strike => workersNotIn(returning(strike), 'running'),
})

const returning = (strike: Strike<object>): Strike<object> => ({ ...strike, workers: consumers.get(strike) ?? [] })
