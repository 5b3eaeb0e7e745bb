-- OSC 1.0 messages as bytes: strings, 32-bit integers, floats, true and false.

local osc = {}

local function pad(text)
  return text .. ("\0"):rep(4 - #text % 4)
end

local function encode_argument(value)
  if type(value) == "string" then return "s", pad(value) end
  if math.type(value) == "integer" then return "i", string.pack(">i4", value) end
  return "f", string.pack(">f", value)
end

function osc.encode(address, args)
  local tags, bodies = { "," }, {}
  for index, value in ipairs(args) do
    tags[index + 1], bodies[index] = encode_argument(value)
  end
  return pad(address) .. pad(table.concat(tags)) .. table.concat(bodies)
end

local function read_string(data, at)
  local stop = data:find("\0", at, true)
  if not stop then return nil, #data + 1 end
  return data:sub(at, stop - 1), stop + 4 - (stop - 1) % 4
end

local READERS = {
  s = read_string,
  i = function(data, at) return string.unpack(">i4", data, at) end,
  f = function(data, at) return string.unpack(">f", data, at) end,
  h = function(data, at) return string.unpack(">i8", data, at) end,
  d = function(data, at) return string.unpack(">d", data, at) end,
  T = function(_, at) return true, at end,
  F = function(_, at) return false, at end,
}

local function read_message(data)
  local address, at = read_string(data, 1)
  local tags
  tags, at = read_string(data, at)
  assert(address:sub(1, 1) == "/" and tags:sub(1, 1) == ",")
  local args = {}
  for tag in tags:sub(2):gmatch(".") do
    args[#args + 1], at = READERS[tag](data, at)
  end
  return { address = address, args = args }
end

--- {address, args}, or nil for bytes that are no message.
function osc.decode(data)
  local ok, message = pcall(read_message, data)
  return ok and message or nil
end

return osc
