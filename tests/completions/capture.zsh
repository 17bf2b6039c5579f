# Read by an interactive `zsh -f`: completion with the functions of $FOLDER; what is offered goes to $CAPTURE.
PROMPT='> '
fpath=($FOLDER $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ':completion:*' verbose no
unsetopt beep auto_menu

# Each offer passes here. One with -O, -A or -D only asks what would match.
compadd()
{
    local -a offered
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    builtin compadd -O offered "$@"
    print -rl -- $offered >>$CAPTURE
    builtin compadd "$@"
}
finished() { zle complete-word; print -r -- "the end" >>$CAPTURE; zle kill-whole-line }
zle -N finished
bindkey '^I' finished
