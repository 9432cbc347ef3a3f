# SPDX-License-Identifier: Apache-2.0
# serve.pl ADDRESS PORT: answers each request on a connection of its own; a clean Debian has no other language for that.
use strict;
use warnings;
use IO::Socket::INET;

$SIG{CHLD} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => $ARGV[1], Listen => 64, ReuseAddr => 1) or die "$!";
while (my $client = $listener->accept) {
    next if fork;
    while (defined(my $line = <$client>)) {
        next if $line !~ /^\r?\n$/;
        print $client "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
        last;
    }
    exit 0;
}
