// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/**
 * One received IP datagram, without its IP header. The payload is not copied: whoever hands a datagram on gives the array
 * away.
 *
 * @param source source address of the IP header
 * @param destination destination address of the IP header
 * @param hopLimit IPv4 TTL or IPv6 hop limit, 0 to 255
 * @param payload the octets behind the IP header, as long as the IP header says
 */
@SuppressWarnings("ArrayRecordComponent") // a datagram is handed on once and never compared
public record IpDatagram(IpAddress source, IpAddress destination, int hopLimit, byte[] payload) {}
