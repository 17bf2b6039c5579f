# /etc/dovecot/sieve/tlsrpt.sieve, then: sievec /etc/dovecot/sieve/tlsrpt.sieve
# A report that is stored is gone from the mailbox; what cannot be stored goes there.
require ["vnd.dovecot.pipe", "envelope"];

# Never "pipe :try": it takes the mail as delivered when the program fails, and the mail is lost.
if allof (envelope :is "to" "tlsrpt@example.com",
          anyof (exists "TLS-Report-Domain", header :contains "Content-Type" "tlsrpt")) {
  pipe "tlsrpt-hook";
}
