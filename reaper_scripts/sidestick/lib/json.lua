-- @noindex
-- JSON text and Lua values. A long text is read in time slices: `yield` is called for each value.

local json = { null = setmetatable({}, { __tostring = function() return "null" end }) }
local array_mark = {}

--- A table that is written as a list, an empty one too.
function json.list(items)
  return setmetatable(items or {}, array_mark)
end

local escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local read_value

local function fail(at, what)
  error({ json = ("%s at byte %d"):format(what, at) }, 0)
end

local function skip_spaces(reader, at)
  return reader.text:find("[^ \n\r\t]", at) or #reader.text + 1
end

local function code_point(reader, at)
  local digits = reader.text:match("^%x%x%x%x", at) or fail(at, "a \\u escape without four digits")
  local high = tonumber(digits, 16)
  if high < 0xD800 or high > 0xDBFF then return utf8.char(high), at + 4 end
  local low = tonumber(reader.text:match("^\\u(%x%x%x%x)", at + 4) or "0", 16)
  if low < 0xDC00 or low > 0xDFFF then fail(at, "half a surrogate pair") end
  return utf8.char(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), at + 10
end

local function read_escape(reader, at)
  local character = reader.text:sub(at, at)
  if character == "u" then return code_point(reader, at + 1) end
  return escapes[character] or fail(at, "an unknown escape"), at + 1
end

local function read_string(reader, at)
  local parts = {}
  while true do
    local stop = reader.text:find('["\\]', at) or fail(at, "a string without its end")
    parts[#parts + 1] = reader.text:sub(at, stop - 1)
    if reader.text:byte(stop) == 34 then return table.concat(parts), stop + 1 end
    parts[#parts + 1], at = read_escape(reader, stop + 1)
  end
end

local function read_number(reader, at)
  local digits = reader.text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
  local number = tonumber(digits) or fail(at, "no value")
  return number, at + #digits
end

local function read_list(reader, at)
  local list = json.list()
  at = skip_spaces(reader, at)
  if reader.text:byte(at) == 93 then return list, at + 1 end
  while true do
    list[#list + 1], at = read_value(reader, at)
    at = skip_spaces(reader, at)
    local byte = reader.text:byte(at)
    if byte == 93 then return list, at + 1 end
    if byte ~= 44 then fail(at, "a list without its end") end
    at = at + 1
  end
end

local function read_pair(reader, at, object)
  at = skip_spaces(reader, at)
  if reader.text:byte(at) ~= 34 then fail(at, "no name") end
  local name
  name, at = read_string(reader, at + 1)
  at = skip_spaces(reader, at)
  if reader.text:byte(at) ~= 58 then fail(at, "no colon") end
  object[name], at = read_value(reader, at + 1)
  return skip_spaces(reader, at)
end

local function read_object(reader, at)
  local object = {}
  at = skip_spaces(reader, at)
  if reader.text:byte(at) == 125 then return object, at + 1 end
  while true do
    at = read_pair(reader, at, object)
    local byte = reader.text:byte(at)
    if byte == 125 then return object, at + 1 end
    if byte ~= 44 then fail(at, "an object without its end") end
    at = at + 1
  end
end

local LITERALS = { { "true", true }, { "false", false }, { "null", json.null } }

local function read_literal(reader, at)
  for _, literal in ipairs(LITERALS) do
    if reader.text:sub(at, at + #literal[1] - 1) == literal[1] then return literal[2], at + #literal[1] end
  end
  return read_number(reader, at)
end

function read_value(reader, at)
  reader.yield()
  at = skip_spaces(reader, at)
  local byte = reader.text:byte(at)
  if byte == 34 then return read_string(reader, at + 1) end
  if byte == 123 then return read_object(reader, at + 1) end
  if byte == 91 then return read_list(reader, at + 1) end
  return read_literal(reader, at)
end

local function read_all(reader)
  local value, at = read_value(reader, 1)
  at = skip_spaces(reader, at)
  if at <= #reader.text then fail(at, "something behind the end") end
  return value
end

--- The value, or nil and what is wrong. null is json.null.
function json.decode(text, yield)
  local ok, value = pcall(read_all, { text = text, yield = yield or function() end })
  if ok then return value end
  if type(value) == "table" and value.json then return nil, "not JSON: " .. value.json end
  error(value, 0)
end

local write_value

--- The text of an object without what begins at the line of one of its members: much of a file need not be decoded.
function json.text_before(text, member)
  local stop = text:find((',\n"%s":'):format(member), 1, true)
  return stop and text:sub(1, stop - 1) .. "}" or text
end

local function quote_string(text)
  local body = text:gsub('[%c"\\]', function(character) return ("\\u%04x"):format(character:byte()) end)
  return '"' .. body .. '"'
end

local function write_number(number)
  if math.type(number) == "integer" then return tostring(number) end
  if number % 1 == 0 and math.abs(number) < 2 ^ 53 then return ("%d"):format(number) end
  return (("%.17g"):format(number):gsub(",", "."))
end

local function write_list(list)
  local parts = {}
  for index, value in ipairs(list) do parts[index] = write_value(value) end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function write_object(object)
  local names, parts = {}, {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for index, name in ipairs(names) do
    parts[index] = quote_string(tostring(name)) .. ":" .. write_value(object[name])
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

function write_value(value)
  if value == json.null then return "null" end
  if type(value) == "string" then return quote_string(value) end
  if type(value) == "number" then return write_number(value) end
  if type(value) ~= "table" then return tostring(value) end
  if getmetatable(value) == array_mark or #value > 0 then return write_list(value) end
  return write_object(value)
end

--- Compact text with sorted names. A table with a first element is a list; for an empty one use json.list.
function json.encode(value)
  return write_value(value)
end

return json
