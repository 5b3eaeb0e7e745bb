-- Every call of the fake REAPER is checked against the list of signatures, and every pointer against what is alive.

local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])")

local TYPES = { number = "number", string = "string", boolean = "boolean", ["function"] = "function" }

local function has_type(expected, value)
  if expected == "integer" then return math.type(value) == "integer" or value == math.floor(value) end
  if expected == "ReaProject" and value == 0 then return true end
  if expected == "identifier" then return type(value) == "table" end
  if TYPES[expected] then return type(value) == TYPES[expected] end
  return type(value) == "table" and value.kind == expected and not value.dead
end

local function parameters(text)
  local list = {}
  for part in text:gmatch("[^,]+") do
    local optional = part:match("^%s*optional ") ~= nil
    list[#list + 1] = { type = part:gsub("^%s*optional ", ""):match("^%s*(%S+)"), optional = optional }
  end
  return list
end

local function check_arguments(name, list, work)
  return function(...)
    local count = select("#", ...)
    if count > #list then error(name .. " was given too many arguments", 2) end
    for index, parameter in ipairs(list) do
      local value = select(index, ...)
      local missing = index > count or value == nil
      if not (missing and parameter.optional) and not has_type(parameter.type, value) then
        local shown = type(value) == "table" and value.dead and "one that is gone" or tostring(value)
        error(("%s: argument %d must be %s, not %s"):format(name, index, parameter.type, shown), 2)
      end
    end
    return work(...)
  end
end

--- The table `reaper`: exactly the functions of api.txt, without those that `absent` names.
return function(api, absent)
  local functions = {}
  for line in io.lines(here .. "api.txt") do
    local name, list = line:match("reaper%.([%w_]+)%((.*)%)$")
    functions[name] = check_arguments(name, parameters(list), assert(api[name], name))
    api[name] = nil
  end
  assert(not next(api), "the fake has a function that is not on the list: " .. tostring(next(api)))
  for _, name in ipairs(absent) do functions[name] = nil end
  return functions
end
