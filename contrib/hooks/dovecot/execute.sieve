# /etc/dovecot/sieve/tlsrpt.sieve, then: sievec /etc/dovecot/sieve/tlsrpt.sieve
# A report that is stored goes to a folder, so that it can be looked at; everything else, and what
# cannot be stored, to the mailbox.
require ["vnd.dovecot.execute", "envelope", "fileinto", "mailbox"];

if allof (envelope :is "to" "tlsrpt@example.com", execute :pipe "tlsrpt-hook") {
  fileinto :create "TLSRPT";
  # The scripts of the user would be asked as well.
  stop;
}
