# SPDX-License-Identifier: Apache-2.0
# ask.pl ADDRESS PORT: one request; whether it was answered.
use strict;
use warnings;
use IO::Socket::INET;

alarm 5;
my $server = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 4) or exit 1;
print $server "GET / HTTP/1.1\r\nHost: vip\r\n\r\n";
exit((<$server> // '') =~ /200 OK/ ? 0 : 1);
