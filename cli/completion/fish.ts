import type { CompletedOption, CompletedVerb, Completion } from './model.ts';

export function fishCompletion({ program, verbs }: Completion): string {
  const lines = verbs.flatMap((verb) => verbLines(program, verb));
  return `# fish completion of ${program}: put this into ~/.config/fish/config.fish
#   ${program} completion fish | source
function __${program}_transfers
  ${program} list --quiet 2>/dev/null | tail -n +2 | cut -d ' ' -f 1
end
${lines.join('\n')}
`;
}

function verbLines(program: string, { names, summary, options, argument }: CompletedVerb): readonly string[] {
  const seen = `-n '__fish_seen_subcommand_from ${names.join(' ')}'`;
  const operand =
    argument === 'transfer'
      ? [`complete -c ${program} ${seen} -f -a '(__${program}_transfers)'`]
      : argument === 'file'
        ? []
        : [`complete -c ${program} ${seen} -f${argument === 'none' ? '' : ` -a '${argument.join(' ')}'`}`];
  return [
    ...names.map((name) => `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`),
    ...operand,
    ...options.map((option) => `complete -c ${program} ${seen} ${optionFlags(option)} -d ${quote(option.help)}`),
  ];
}

function optionFlags({ long, short, takesValue, choices }: CompletedOption): string {
  const names = `-l ${long.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}`;
  if (!takesValue) return names;
  return choices.length > 0 ? `${names} -x -a '${choices.join(' ')}'` : `${names} -r`;
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
