-- Appends as many messages to a list as it has room for, all or none of the frames of each.
--
-- KEYS[1]  the list
-- ARGV[1]  how many seconds the list lives from now on, at least
-- ARGV[2]  the length at which the list is full
-- ARGV[3]  how many frames each message has
-- ARGV[4…] the frames
--
-- Gives how many messages were taken, from the first one, and the length of the list then.

-- Redis 5 refuses a write after a read of the time to live unless told that effects are to be replicated.
if redis.replicate_commands then
    redis.replicate_commands()
end

local length = redis.call('LLEN', KEYS[1])
local room = tonumber(ARGV[2]) - length
if room <= 0 then
    return {0, length}
end
local frames = tonumber(ARGV[3])
local taken = (#ARGV - 3) / frames
if frames == 1 and taken > room then
    taken = room
end
length = redis.call('RPUSH', KEYS[1], unpack(ARGV, 4, 3 + taken * frames))
if redis.call('PTTL', KEYS[1]) < ARGV[1] * 1000 then
    redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return {taken, length}
