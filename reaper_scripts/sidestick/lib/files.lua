-- @noindex
-- Small files and paths, and which system this is.

local files = {}

files.SEPARATOR = package.config:sub(1, 1)

function files.is_windows()
  return reaper.GetOS():find("^Win") ~= nil
end

function files.is_macos()
  local name = reaper.GetOS()
  return name:find("^OSX") ~= nil or name:find("^macOS") ~= nil
end

function files.join(...)
  return table.concat({ ... }, files.SEPARATOR)
end

--- The whole content, or nil when it cannot be read.
function files.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read("a")
  file:close()
  return content
end

-- A full disk is reported by the write or, for what fits into a buffer, only by the close.
local function write_all(path, content)
  local file, problem = io.open(path, "wb")
  if not file then return nil, problem end
  local written, write_problem = file:write(content)
  local closed, close_problem = file:close()
  return written and closed, write_problem or close_problem
end

--- Removes a file. On Windows Lua finds only paths in the letters of the system's language; others are emptied.
function files.remove(path)
  if os.remove(path) or not reaper.file_exists(path) then return end
  write_all(path, "")
end

--- Writes the whole content. True, or nil and the reason; then nothing of it is left.
function files.write(path, content)
  local written, problem = write_all(path, content)
  if written then return true end
  files.remove(path)
  return nil, problem
end

--- The name without its folder, and without its ending.
function files.name(path)
  local name = path:match("[^/\\]+$") or path
  return name, (name:gsub("%.[^.]*$", ""))
end

function files.folder(path)
  return (path:match("^(.*)[/\\][^/\\]*$") or ".")
end

--- `path` as an absolute one, relative to `folder` unless it is absolute already.
function files.resolve(folder, path)
  if path:find("^/") or path:find("^%a:[/\\]") or path:find("^\\\\") then return path end
  return files.join(folder, (path:gsub("/", files.SEPARATOR)))
end

return files
