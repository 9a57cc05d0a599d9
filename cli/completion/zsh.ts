import type { CompletedOption, CompletedVerb, Completion } from './model.ts';

export function zshCompletion({ program, verbs }: Completion): string {
  return `#compdef ${program}
# zsh completion of ${program}: put this into ~/.zshrc, after compinit
#   source <(${program} completion zsh)
_${program}_transfers() {
  local -a ids
  ids=(\${(f)"$(${program} list --quiet 2>/dev/null | tail -n +2 | cut -d ' ' -f 1)"})
  compadd -V transfers -a ids
}
_${program}() {
  if (( CURRENT == 2 )); then
    local -a verbs
    verbs=(
${verbs.flatMap(({ names, summary }) => names.map((name) => `      ${quote(`${name}:${summary}`)}`)).join('\n')}
    )
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${verbs.map((verb) => verbCase(program, verb)).join('\n')}
  esac
}
if [ "$funcstack[1]" = "_${program}" ]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function verbCase(program: string, { names, options, argument }: CompletedVerb): string {
  const operand =
    argument === 'transfer'
      ? `'1:transfer:_${program}_transfers'`
      : argument === 'file'
        ? "'*:file:_files'"
        : argument === 'none'
          ? ''
          : `'1:word:(${argument.join(' ')})'`;
  const specs = [...options.flatMap(optionSpecs), operand].filter((text) => text !== '');
  return `    ${names.join('|')})\n      _arguments \\\n        ${specs.join(' \\\n        ')}\n      ;;`;
}

function optionSpecs({ long, short, help, takesValue, choices }: CompletedOption): readonly string[] {
  const value = !takesValue ? '' : choices.length > 0 ? `:value:(${choices.join(' ')})` : ':value:_files';
  const described = `[${help.replace(/[[\]\\]/g, '\\$&')}]${value}`;
  return [long, ...(short === undefined ? [] : [short])].map((flag) => quote(`${flag}${described}`));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
