export LC_ALL=C
say() { printf '%s\n' "$*" >&2; }
say start
# By a number of its own: the input of what runs beside the shell is empty, and the loop reads another.
exec 4<&0
seen=' '
while read -r address _; do
  case $seen in *" $address "*) continue ;; esac
  [ "$seen" = ' ' ] && say found
  seen="$seen$address "
  say trying "$address"
  if exec 3<>"/dev/tcp/$address/$2"; then
    say open "$address"
    cat <&3 4<&- &
    cat <&4 >&3 &
    wait -n
    kill $(jobs -p) 2>/dev/null
    exit
  fi
done < <(getent ahosts -- "$1")
[ "$seen" = ' ' ] && say unresolved getent finds no address
exit 1
