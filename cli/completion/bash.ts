import type { CompletedVerb, Completion } from './model.ts';

/** Where nothing else fits, bash completes file names (`-o default`). */
export function bashCompletion({ program, verbs }: Completion): string {
  const options = verbs.flatMap((verb) => verb.options);
  const chosen = new Map(
    options.filter(({ choices }) => choices.length > 0).map(({ long, choices }) => [long, choices]),
  );
  const free = options.filter(({ takesValue, choices }) => takesValue && choices.length === 0);
  const freeFlags = new Set(free.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short])));
  return `# bash completion of ${program}: put this into ~/.bashrc
#   source <(${program} completion bash)
_${program}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${verbs.flatMap(({ names }) => names).join(' ')} help --help --version'
  else
    case $before in
${[...chosen].map(([long, choices]) => `      ${long}) COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return ;;`).join('\n')}
      ${[...freeFlags].join('|')}) return ;;
    esac
    case \${COMP_WORDS[1]} in
${verbs.map((verb) => verbCase(program, verb)).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _${program} ${program}
`;
}

function verbCase(program: string, { names, options, argument }: CompletedVerb): string {
  const flags = options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short])).join(' ');
  const operand =
    argument === 'transfer'
      ? `$(${program} list --quiet 2>/dev/null | tail -n +2 | cut -d ' ' -f 1)`
      : Array.isArray(argument)
        ? argument.join(' ')
        : '';
  return `      ${names.join('|')}) case $word in -*) words='${flags}' ;; *) words="${operand}" ;; esac ;;`;
}
